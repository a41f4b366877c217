"""The wire: generated stubs, and the `.proto` files they are made of.

gRPC decides when it is imported how much it writes about itself, so that is settled here, before
any stub. By default it writes a line for every handshake that fails: strangers could fill disks.
"""

import os

os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
