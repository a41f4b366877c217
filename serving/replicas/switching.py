"""What of calling replicas can be switched off: hedges, and lines."""

from serving.switches.switch import Switch

HEDGING = Switch("call", "hedging")
LINES = Switch("call", "lines")
SWITCHES = (HEDGING, LINES)
"""For processes that call others. Answers are the same without, only later at times or at a higher
cost: receipts do not tell. Retries go on."""
