"""Calls between our services over long-lived streams: cheaper than a call of gRPC each."""
