"""The site: what images are, how copies are found, and how people decide about them."""

import os

# Before NumPy is loaded by anything below. Its threads wait for their next piece of work by asking for it without a
# pause: in the embedded Milvus, more than half of all the processor time was that. Processes are as many as cores.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
