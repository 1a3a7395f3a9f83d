"""One lock around all of moto's state.

moto's backends hold no lock of their own, and one service's model reads another's. Requests are served under
this lock, one at a time; code that touches a backend from a thread of its own takes it too. It is re-entrant.
"""

from __future__ import annotations

import threading

BACKEND_LOCK = threading.RLock()
