"""JupyterLab writes the project's notebooks in their stored form: an extension of its server.

git takes a file of another size for changed before any filter sees it, so ``git status`` is
quiet only if the file itself has the form. ``make lab`` starts with it; for every JupyterLab of
an environment: ``jupyter server extension enable --sys-prefix analysis.report.lab``.
"""

from pathlib import Path
from typing import Any

from analysis import paths
from analysis.report.normalise import each_text, normalised


def before_saving(
    model: dict[str, Any], path: str = "", contents_manager: Any = None, **_: Any
) -> None:
    """Bring a notebook that is about to be written into its form; the open one stays as it is.

    Whether its cells are trusted stays in it, since the server reads that next. A notebook that
    lies elsewhere is left alone. An error here is logged by the server, which then saves.
    """
    place = Path(contents_manager.root_dir, path.strip("/")).resolve()
    if model["type"] == "notebook" and place.is_relative_to(paths.NOTEBOOKS):
        each_text(model["content"], "".join)
        model["content"] = normalised(model["content"])


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(server: Any) -> None:
    server.contents_manager.register_pre_save_hook(before_saving)
