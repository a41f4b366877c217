"""Whether an address is out of reach for other machines."""

import ipaddress


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`; names other than `localhost` count as no."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
