"""What every edge may use: programs, ports, the clock, waiting."""
