"""Configuration of the documentation site: `make docs` builds it into build/docs."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))

import wordvec  # noqa: E402

# The one place for a public address of the site; empty while there is none, and left out of every page.
PUBLIC_ADDRESS = ""
# (name, address) of other versions of the site; the switch in the sidebar is left out while there are none.
VERSIONS: list[tuple[str, str]] = []

project = "wordvec"
author = "The wordvec developers"
copyright = author
version = release = wordvec.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "site_pages"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build", "_ext", "README.md"]
myst_heading_anchors = 4
myst_links_external_new_tab = False
# A class has two paths, the public one and the one where it is defined: a type in a signature may mean either.
suppress_warnings = ["ref.python"]

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
python_maximum_signature_line_length = 88
python_use_unqualified_type_names = True
add_module_names = False
toc_object_entries_show_parents = "hide"

html_theme = "furo"
html_title = f"wordvec {version}"
html_baseurl = PUBLIC_ADDRESS
html_show_sourcelink = False
html_copy_source = False
html_context = {"versions": VERSIONS}
templates_path = ["_templates"]
html_sidebars = {
    "**": [
        "sidebar/brand.html",
        "version-switch.html",
        "sidebar/search.html",
        "sidebar/scroll-start.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
    ]
}
