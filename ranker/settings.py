"""What a ranker process is configured with."""

from typing import ClassVar

from serving.settings import CommonSettings


class RankerSettings(CommonSettings):
    """Nothing beyond what all servers share."""

    service: ClassVar[str] = "ranker"
