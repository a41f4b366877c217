"""What services ask of one another: plain values and one protocol per service.

A service's domain object implements its protocol; so does the gRPC client in front of a remote one.
Callers cannot tell them apart, and one contract suite runs over both. `*_codec.py` turns these
values into wire messages and back, for servicers and clients alike.
"""
