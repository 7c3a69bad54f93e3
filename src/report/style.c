/* Colours are chosen to differ for the colour-blind too (blue, orange, green of different
 * lightness), and to reach a contrast of 4.5 for text on both papers. Green is primary, orange
 * coordinated, everywhere. */
#include "report/style.h"

#include <string.h>

static const char light[] = "--paper:#fff;--card:#fff;--page:#f4f5f7;--ink:#1b1f24;--soft:#59636e;"
                            "--rule:#e3e7eb;--axis:#9aa4ae;--blue:#1f6feb;--orange:#c2500a;"
                            "--green:#1a7f37;--violet:#7d3fc4;--grey:#6e7781;--red:#cf222e;"
                            "--amber:#9a6700;--tint:#fff4d6;color-scheme:light;";
static const char dark[] = "--paper:#161b22;--card:#161b22;--page:#0d1117;--ink:#e6edf3;"
                           "--soft:#9aa5b1;--rule:#2b323b;--axis:#5c6670;--blue:#58a6ff;"
                           "--orange:#f0883e;--green:#4ac26b;--violet:#bc8cff;--grey:#9aa5b1;"
                           "--red:#ff7b72;--amber:#d9a620;--tint:#3a2f10;color-scheme:dark;";

static const char *const chart_rules[] = {
    ".a{--c:var(--blue)}.b{--c:var(--orange)}.val{--c:var(--violet)}.low{--c:var(--green)}",
    ".mid{--c:var(--grey)}.high{--c:var(--orange)}.plan{--c:var(--green)}.limit{--c:var(--red)}",
    ".careful{--c:var(--amber)}",
    ".line,.faint{fill:none;stroke:var(--c);vector-effect:non-scaling-stroke;",
    "stroke-linejoin:round;stroke-linecap:round}.line{stroke-width:2}",
    ".faint{stroke-width:1;opacity:.45}.dashed{stroke-dasharray:6 4}",
    ".range{fill:var(--c);opacity:.13}.dot{fill:var(--c);stroke:var(--paper);stroke-width:1}",
    ".grid{stroke:var(--rule)}.axis{stroke:var(--axis)}",
    ".level{stroke:var(--c);stroke-width:1.25;stroke-dasharray:7 4}",
    ".note,.tick,.unit,.item{font:12px system-ui,-apple-system,'Segoe UI',sans-serif}",
    ".note{fill:var(--c);font-weight:600;paint-order:stroke;stroke:var(--paper);stroke-width:4px;",
    "stroke-linejoin:round}.tick{fill:var(--soft);font-variant-numeric:tabular-nums}",
    ".unit{fill:var(--soft)}.sup{font-size:9px}.item{fill:var(--ink)}",
    ".event{stroke:var(--c);opacity:.55;stroke-dasharray:2 3}.mark{fill:var(--c)}",
    ".pause{--c:var(--amber)}.resume{--c:var(--green)}.stop{--c:var(--red)}",
    ".warning{--c:var(--orange)}.start{--c:var(--grey)}",
    ".bar{fill:var(--c)}.track{fill:var(--axis);opacity:.55}\n",
};

static const char *const page_rules[] = {
    "*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--ink);",
    "font:15px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif;overflow-wrap:anywhere}",
    "main{max-width:1080px;margin:0 auto;padding:24px 20px 48px}",
    "header h1{font-size:26px;line-height:1.2;margin:0 0 4px}header p{margin:0;color:var(--soft)}",
    "h2{font-size:19px;margin:36px 0 12px}h3{font-size:15px;margin:0}",
    ".badge{display:inline-block;padding:2px 10px;border-radius:999px;font-size:13px;",
    "font-weight:600;border:1.5px solid var(--c);color:var(--c);margin:10px 0 0}",
    ".good{--c:var(--green)}.open{--c:var(--amber)}.bad{--c:var(--red)}",
    ".tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;",
    "margin:20px 0 0;padding:0;list-style:none}",
    ".tiles li,figure,.card{background:var(--card);border:1px solid var(--rule);",
    "border-radius:10px}",
    ".tiles li{padding:12px 14px}.tiles b{display:block;font-size:21px;line-height:1.25;",
    "font-variant-numeric:tabular-nums}.tiles span{color:var(--soft);font-size:13px;display:block}",
    "figure{margin:0 0 16px;padding:16px 18px 14px;break-inside:avoid}",
    ".plot{padding:22px 8px 44px 52px}.chart{display:block}",
    ".legend{display:flex;flex-wrap:wrap;gap:2px 16px;list-style:none;margin:4px 0 0;padding:0;",
    "font-size:13px;color:var(--ink)}.legend li{display:flex;align-items:center;gap:6px}",
    ".hint{margin:4px 0 0;color:var(--soft);font-size:13px}.above{font-weight:600}",
    ".two{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(420px,100%),1fr));",
    "gap:0 16px}.card{padding:14px 18px;margin:0 0 16px;break-inside:avoid-page}",
    "table{border-collapse:collapse;width:100%;font-size:14px}",
    "th,td{text-align:left;padding:5px 12px 5px 0;border-bottom:1px solid var(--rule);",
    "vertical-align:top}th{color:var(--soft);font-weight:600;font-size:13px}",
    "tr:last-child td{border-bottom:0}td.n,th.n{text-align:right;",
    "font-variant-numeric:tabular-nums;white-space:nowrap}th{white-space:nowrap}",
    "tr.differs td{background:var(--tint)}code,.path{font-family:ui-monospace,Menlo,Consolas,",
    "monospace;font-size:13px}.quiet{color:var(--soft)}",
    "summary{cursor:pointer;color:var(--soft);font-size:14px;padding:4px 0}",
    ".source{display:grid;grid-template:'name bars share'/minmax(90px,20%) 1fr 220px;gap:2px 12px;",
    "align-items:center;margin:8px 0 0;font-size:14px}.source svg{display:block}",
    ".name{grid-area:name}.bars{grid-area:bars}.share{grid-area:share;text-align:right;",
    "font-variant-numeric:tabular-nums}",
    ".swatch{display:inline-block;width:12px;height:12px;border-radius:3px;background:var(--c)}",
    "footer{color:var(--soft);font-size:13px;margin-top:28px}",
    "@media(max-width:600px){main{padding:16px 10px 32px}figure,.card{padding:12px 12px 10px}",
    "header h1{font-size:22px}.tiles{grid-template-columns:1fr 1fr;gap:8px}",
    ".tiles b{font-size:18px}",
    ".source{grid-template:'name share' 'bars bars'/1fr max-content}",
    "th,td{padding-right:8px}}",
    "@media print{body{background:#fff}main{max-width:none;padding:0}details:not([open])>*",
    "{display:none}figure,.card{border-color:#ccc}}\n",
};

static void add_rules(ya_html *html, const char *const *rules, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ya_html_add(html, "%s", rules[i]);
}

void ya_html_style(ya_html *html, bool chart_only)
{
    const char *root = chart_only ? "svg" : ":root";
    ya_html_add(html, "%s{%s}\n@media(prefers-color-scheme:dark){%s{%s}}\n", root, light, root,
                dark);
    if (!chart_only)
        ya_html_add(html, "@media print{:root{%s}}\n", light);
    add_rules(html, chart_rules, sizeof chart_rules / sizeof *chart_rules);
    if (chart_only)
        ya_html_add(html, ".paper{fill:var(--paper);stroke:var(--rule)}"
                          ".title{font:600 17px system-ui,sans-serif;fill:var(--ink)}\n");
    else
        add_rules(html, page_rules, sizeof page_rules / sizeof *page_rules);
}
