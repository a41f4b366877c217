"""What a process of the social graph is configured with."""

from typing import ClassVar

from serving.settings import CommonSettings


class SocialGraphSettings(CommonSettings):
    """Nothing beyond what all servers share; the graph lies in `home`, one process each."""

    service: ClassVar[str] = "social_graph"
