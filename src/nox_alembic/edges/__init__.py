"""Effects: each module touches one outside thing.

The folders do not import each other, with these exceptions: all use `system`, `probe`
reads all, engines connect by `postgres.connection` and find our own folders by
`home.folders`.
"""
