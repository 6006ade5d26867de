"""How the documentation is built: Sphinx, with pages in Markdown."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "src")]

import feature_codes  # noqa: E402 - it stands beside this file

feature_codes.write()

project = "Svara"
author = "The Svara project"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
master_doc = "index"
exclude_patterns = ["_build"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
html_theme = "alabaster"
html_theme_options = {"description": "A self-hosted business phone system", "page_width": "72rem"}
html_show_copyright = False
