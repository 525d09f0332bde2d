"""A process that has read all of the service's code, and forks one that delivers for each line.

Reading it takes seconds. Whoever is killed again and again is begun again as often.
"""

import os
import signal
import sys

from moderation.__main__ import main

if __name__ == "__main__":
    # Nobody waits for those who end: they are gone at once.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for _line in sys.stdin:
        forked = os.fork()
        if not forked:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            # What it has to say belongs in the log; our own output is for numbers.
            os.dup2(2, 1)
            sys.argv = ["moderation", "outbox", "deliver"]
            sys.exit(main())
        print(forked, flush=True)
