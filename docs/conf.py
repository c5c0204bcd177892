"""The site: `nox -s docs` builds it. Neither the build nor the pages need the network."""

import sys
import urllib.request
from pathlib import Path

import leaky_relu
from docutils import nodes
from leaky_relu._comparison.pictures import save_function
from sphinx.addnodes import pending_xref

HERE = Path(__file__).parent
GENERATED = HERE / "generated"  # by autosummary as well

project = "leaky-relu"
author = "the authors of leaky-relu"
project_copyright = f"%Y, {author}"
version = release = leaky_relu.__version__

extensions = [
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.intersphinx",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinx_design",
]
GALLERY = ("denoiser", "dying_relu", "gradient_checking", "larger_than_memory", "recurrent")
include_patterns = ["**.md", "**.rst", *(f"examples/{name}.py" for name in GALLERY)]
exclude_patterns = ["figures/**"]  # which pages include
templates_path = ["_templates"]
nitpicky = True

# Pages and gallery: the scripts of examples/ are notebooks, run at each build, whose errors are errors.
myst_enable_extensions = ["colon_fence"]  # no mathematics: MathJax comes from the network
myst_heading_anchors = 3
nb_custom_formats = {".py": ["jupytext.reads", {"fmt": "py:percent"}]}
nb_execution_mode = "force"
nb_execution_timeout = 300  # a cell takes 10 s, on a busy machine many times that
nb_execution_raise_on_error = True
nb_merge_streams = True
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

# API: one page for each name.
autosummary_generate = True
autodoc_typehints = "none"  # the docstrings say it in words; the overloads are for type checkers
autodoc_member_order = "groupwise"
numpydoc_show_class_members = False
numpydoc_attributes_as_param_list = False

html_theme = "pydata_sphinx_theme"
html_title = "leaky-relu"
html_favicon = "_static/icon.svg"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_sidebars = {"start": [], "contract": [], "speed": [], "gallery": []}
html_show_sourcelink = False
html_context = {"default_mode": "auto"}
html_theme_options = {
    "footer_start": ["copyright"],
    "footer_end": ["theme-version"],
    "header_links_before_dropdown": 7,
    "logo": {"text": "leaky-relu", "image_light": "_static/icon.svg", "image_dark": "_static/icon.svg"},
    "navbar_end": ["theme-switcher"],
    "navigation_with_keys": False,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
    "secondary_sidebar_items": ["page-toc"],
    "show_prev_next": False,
}


def reachable_inventories(**sites):
    """Return what intersphinx needs of those sites that answer; offline their names are plain text."""
    found = {}
    for name, url in sites.items():
        inventory = GENERATED / f"{name}.inv"
        try:
            with urllib.request.urlopen(f"{url}objects.inv", timeout=5) as answer:
                inventory.write_bytes(answer.read())
            found[name] = (url, str(inventory))
        except OSError as error:
            print(f"without links to {url}: {error}", file=sys.stderr)
    return found


GENERATED.mkdir(exist_ok=True)
intersphinx_mapping = reachable_inventories(
    numpy="https://numpy.org/doc/stable/", python="https://docs.python.org/3/"
)
nitpick_ignore_regex = [("py:.*", r"(numpy|np|collections|abc|typing)\..*"), ("py:class", "abc.ABC")]


def single_backquotes(name, rawtext, text, lineno, inliner, options=None, content=None):
    """Link public names and NumPy's; the rest of what docstrings put between them are parameters."""
    literal = nodes.literal(rawtext, text, classes=["parameter"])
    own = text.partition(".")[0] in (*leaky_relu.__all__, *leaky_relu.layers.__all__)
    if not own and not text.startswith("numpy."):
        return [literal], []
    module = "leaky_relu" if hasattr(leaky_relu, text.partition(".")[0]) else "leaky_relu.layers"
    target = f"{module}.{text}" if own else text
    reference = pending_xref(
        rawtext,
        literal,
        refdomain="py",
        reftype="obj",
        reftarget=target,
        refexplicit=True,
        refwarn=own or bool(intersphinx_mapping),
        refdoc=inliner.document.settings.env.docname,
    )
    return [reference], []


default_role = "named"


def setup(app):
    app.add_role("named", single_backquotes)
    save_function(str(GENERATED / "function.svg"), [0.0, 0.1, 0.3, -0.3], force=True)
