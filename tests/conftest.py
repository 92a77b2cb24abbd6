"""For all tests: Ctrl-C works in what they start, however they were started themselves."""

import signal

# A shell starts what it puts into the background with Ctrl-C ignored, and a program hands that on to its own.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
