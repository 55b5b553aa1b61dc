/*
 * How the HTML report looks, on light and dark screens and on paper.  Every
 * text has a contrast of 7:1 or more to what is behind it, and no colour says
 * what words do not.
 */
#include "report/html.h"

const char rel_html_style[] =
    ":root{color-scheme:light dark;--ink:#1b1b1b;--dim:#4a4a4a;"
    "--paper:#fff;--rule:#8a8a8a;--bad:#8f0d0d}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#ececec;--dim:#bdbdbd;"
    "--paper:#161616;--rule:#8a8a8a;--bad:#ffabab}}\n"
    "body{margin:0 auto;max-width:64rem;padding:1rem;color:var(--ink);"
    "background:var(--paper);font:1rem/1.5 system-ui,sans-serif;"
    "overflow-wrap:anywhere}\n"
    "h1{font-size:1.6rem;margin:0}\n"
    "h2{font-size:1.25rem;margin:2rem 0 .5rem;"
    "border-bottom:1px solid var(--rule)}\n"
    "h3{font-size:1rem;margin:1.25rem 0 .25rem}\n"
    "p{margin:.25rem 0}\n"
    "ul{margin:.25rem 0;padding-left:1.5rem}\n"
    "code{font-family:ui-monospace,monospace;font-size:.95em}\n"
    "small{color:var(--dim);font-size:.85em}\n"
    ".bad{color:var(--bad)}\n"
    ".names{columns:18rem;column-gap:2rem}\n"
    ".names li{break-inside:avoid}\n"
    ".number{text-align:right}\n"
    "summary{cursor:pointer}\n"
    "footer{margin-top:2.5rem;border-top:1px solid var(--rule);"
    "font-size:.9rem}\n"
    "table{border-collapse:collapse;margin:1rem 0}\n"
    "caption{text-align:left;color:var(--dim)}\n"
    "th,td{padding:.15rem 1rem .15rem 0;text-align:left;"
    "vertical-align:top}\n"
    "dt{font-weight:bold}\n"
    "dd{margin:0 0 .5rem}\n"
    "@media print{.names{columns:2}}\n";
