"""What of calling replicas can be switched off: asking a second one while the first is slow."""

from serving.switches.switch import Switch

HEDGING = Switch("call", "hedging")
SWITCHES = (HEDGING,)
"""For processes that call others. Answers are the same without, only later at times: receipts do
not tell. Retries go on."""
