"""Operation wire.run: an update agent at a server (chapter 8)."""

from typing import Any

from mistakes import mistake
from refusal import print_code
from wire_agent import Agent, Config
from wire_server import Failed, Server

Json = dict[str, Any]


def run(inputs: Json) -> Json:
    """Operation wire.run."""
    config = Config(inputs["config"])
    server = Server(inputs["server"])
    agent = Agent(config, server)
    return {"retrievals": [_retrieve(agent, config, server, one)
                           for one in inputs["retrievals"]]}


def _retrieve(agent: Agent, config: Config, server: Server,
              retrieval: Json) -> Json:
    if retrieval.get("restart", False):
        agent.restart()
    server.calls = []
    result, code, updates = "completed", None, None
    ssl_only = retrieval.get("ssl_only", False)
    if mistake("wire-http-with-ssl-only"):
        ssl_only = False
    if ssl_only and config.is_http:  # WF-4
        result = "not_ssl"
    else:
        try:
            updates = [one.to_json() for one in agent.retrieve()]
        except Failed as failed:
            result, code = "failed", print_code(failed.code)
    return {"calls": server.calls, "result": result, "code": code,
            "updates": updates}
