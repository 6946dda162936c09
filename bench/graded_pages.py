"""Pages with variants from nearly right to hardly there, to find out whether a measure of likeness orders them right.

``PAGES`` were written after the measure and its constants were fixed, ``LATER`` after the one change that ``PAGES`` led
to. Every page: its HTML, then variants from best to worst, each a list of replacements.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

Replacements = list[tuple[str, str]]


@dataclass(frozen=True)
class Graded:
    """One page; ``same`` is another way to write the same looks; ``variants`` go from best to worst."""

    name: str
    style: str
    body: str
    same: Replacements
    variants: list[Replacements]

    @property
    def page(self) -> str:
        return f"<!doctype html><html lang=en><head><title>t</title><style>{self.style}</style></head><body>{self.body}</body></html>"

    def changed(self, replacements: Replacements) -> str:
        page = self.page
        for old, new in replacements:
            assert old in page, (self.name, old)
            page = page.replace(old, new)
        return page

    def unstyled(self) -> str:
        return re.sub(r"<style>.*?</style>", "", self.page)

    def heading_only(self) -> str:
        first = re.search(r"<h1.*?</h1>", self.body)
        assert first
        return f"<!doctype html><html lang=en><head><title>t</title><style>{self.style}</style></head><body>{first[0]}</body></html>"


PAGES = [
    Graded(
        "pricing",
        "body{margin:40px;font:16px sans-serif;background:#f8fafc;color:#0f172a}.row{display:flex;gap:24px}.plan{flex:1;background:#fff;border:1px solid #cbd5e1;padding:24px}.plan b{font-size:28px;display:block}.buy{display:inline-block;margin-top:16px;padding:10px 20px;background:#7c3aed;color:#fff}",
        "<h1>Plans</h1><div class=row><div class=plan><h2>Solo</h2><b>9 EUR</b><p>One seat, mail support</p><a class=buy>Choose Solo</a></div><div class=plan><h2>Team</h2><b>29 EUR</b><p>Ten seats, chat support</p><a class=buy>Choose Team</a></div><div class=plan><h2>Firm</h2><b>99 EUR</b><p>All seats, phone support</p><a class=buy>Choose Firm</a></div></div>",
        [("display:flex;gap:24px", "display:grid;grid-template-columns:1fr 1fr 1fr;gap:24px")],
        [
            [("#7c3aed", "#6d28d9")],
            [("#7c3aed", "#16a34a"), ("gap:24px", "gap:40px")],
            [("display:flex;", "")],
            [("display:flex;", ""), ("<div class=plan><h2>Firm", "<div hidden><h2>Firm")],
        ],
    ),
    Graded(
        "sign-in",
        "body{margin:0;background:#e2e8f0;font:15px sans-serif}form{width:340px;margin:80px auto;background:#fff;padding:28px;border-radius:8px}label{display:block;margin:14px 0 4px;color:#475569}input{width:320px;padding:8px}button{margin-top:20px;width:340px;padding:12px;background:#0369a1;color:#fff;border:0}h1{font-size:22px;margin:0}",
        "<form><h1>Sign in to Harbour</h1><label>Mail address</label><input placeholder=you@example.com><label>Password</label><input type=password placeholder=Password><button>Sign in</button><p>Forgotten your password?</p></form>",
        [("<form>", "<form action=#><div>"), ("</form>", "</div></form>")],
        [
            [("border-radius:8px", "border-radius:0"), ("margin-top:20px", "margin-top:26px")],
            [("#0369a1", "#b91c1c"), ("margin:80px auto", "margin:110px auto")],
            [("margin:80px auto", "margin:80px 0"), ("#0369a1", "#b91c1c")],
            [
                ("margin:80px auto", "margin:80px 0"),
                ("#0369a1", "#b91c1c"),
                ("<label>Password</label><input type=password placeholder=Password>", ""),
            ],
        ],
    ),
    Graded(
        "article",
        "body{max-width:640px;margin:48px auto;font:18px/1.6 serif;color:#1c1917;background:#fffbeb}h1{font-size:40px;line-height:1.1}.meta{color:#a16207;font-size:14px}blockquote{border-left:4px solid #f59e0b;margin:24px 0;padding-left:16px;color:#78350f}",
        "<h1>The last ferry</h1><p class=meta>Ida Rautio, 4 March</p><p>At nine the harbour is empty. The lamps along the quay are lit one after another.</p><blockquote>Nobody misses the last ferry twice.</blockquote><p>The crossing takes twenty minutes, longer when the wind comes from the west.</p>",
        [("<p class=meta>", "<div class=meta style='margin:18px 0'>"), ("4 March</p>", "4 March</div>")],
        [
            [("#f59e0b", "#d97706"), ("#a16207", "#854d0e")],
            [("margin:48px auto", "margin:48px 40px")],
            [
                ("margin:48px auto", "margin:48px 40px"),
                ("<blockquote>Nobody misses the last ferry twice.</blockquote>", ""),
            ],
            [
                ("margin:48px auto", "margin:48px 40px"),
                ("<blockquote>Nobody misses the last ferry twice.</blockquote>", ""),
                ("#fffbeb", "#1e3a8a"),
                ("The crossing takes twenty minutes, longer when the wind comes from the west.", "Lorem ipsum."),
            ],
        ],
    ),
    Graded(
        "navigation",
        "body{margin:0;font:16px sans-serif}nav{display:flex;gap:32px;background:#111827;color:#f9fafb;padding:18px 40px}nav b{margin-right:auto}.hero{padding:90px 40px;background:#dbeafe;text-align:center}.hero h1{font-size:48px;margin:0 0 16px}.cta{display:inline-block;background:#2563eb;color:#fff;padding:14px 28px;margin-top:20px}",
        "<nav><b>Northwind</b><span>Products</span><span>Prices</span><span>Contact</span></nav><div class=hero><h1>Freight without forms</h1><p>Book a lorry in two minutes.</p><span class=cta>Get started</span></div>",
        [("<nav>", "<header><nav>"), ("</nav>", "</nav></header>")],
        [
            [("padding:90px 40px", "padding:96px 40px")],
            [("#2563eb", "#ea580c"), ("#dbeafe", "#fef3c7")],
            [("text-align:center", "text-align:left"), ("nav{display:flex;", "nav{"), ("#2563eb", "#ea580c")],
            [
                ("text-align:center", "text-align:left"),
                ("nav{display:flex;", "nav{"),
                ("#2563eb", "#ea580c"),
                ("<span>Products</span><span>Prices</span>", ""),
            ],
        ],
    ),
    Graded(
        "data table",
        "body{margin:32px;font:14px sans-serif}table{border-collapse:collapse;width:720px}th{background:#334155;color:#fff;text-align:left;padding:10px}td{padding:10px;border-bottom:1px solid #e2e8f0}.late{color:#dc2626}",
        "<h1>Orders</h1><table><tr><th>Number</th><th>Customer</th><th>Due</th><th>State</th></tr><tr><td>4711</td><td>Harbour Ltd</td><td>3 May</td><td class=late>late</td></tr><tr><td>4712</td><td>Kessler AG</td><td>9 May</td><td>open</td></tr><tr><td>4713</td><td>Vasari Srl</td><td>12 May</td><td>paid</td></tr></table>",
        [("width:720px", "width:45rem"), ("#334155", "rgb(51,65,85)")],
        [
            [("width:720px", "width:760px")],
            [("#334155", "#86efac"), ("width:720px", "width:820px")],
            [("#334155", "#86efac"), ("width:720px", "width:1200px"), (".late{color:#dc2626}", "")],
            [
                ("#334155", "#86efac"),
                ("width:720px", "width:1200px"),
                (".late{color:#dc2626}", ""),
                ("<tr><td>4712</td><td>Kessler AG</td><td>9 May</td><td>open</td></tr>", ""),
            ],
        ],
    ),
    Graded(
        "profile",
        "body{margin:0;background:#fdf2f8;font:16px sans-serif}.card{width:300px;margin:60px;background:#fff;padding:20px;text-align:center}.pic{width:96px;height:96px;background:#db2777;color:#fff;line-height:96px;border-radius:48px;margin:auto;font-size:32px}.role{color:#6b7280}.stat{display:inline-block;width:90px}.follow{background:#db2777;color:#fff;padding:10px;margin-top:16px}",
        "<div class=card><div class=pic>GE</div><h1>Greta Elsner</h1><div class=role>Data engineer</div><p><span class=stat>42 posts</span><span class=stat>310 fans</span></p><div class=follow>Follow</div></div>",
        [("<div class=role>Data engineer</div>", "<section class=role>Data engineer</section>")],
        [
            [("#6b7280", "#4b5563"), ("margin-top:16px", "margin-top:20px")],
            [("text-align:center", "text-align:left")],
            [("text-align:center", "text-align:left"), ("#db2777", "#0ea5e9"), ("#fdf2f8", "#fff")],
            [
                ("text-align:center", "text-align:left"),
                ("#db2777", "#0ea5e9"),
                ("#fdf2f8", "#fff"),
                ("margin:60px", "margin:60px 0 0 700px"),
            ],
        ],
    ),
    Graded(
        "settings",
        "body{margin:0;font:15px sans-serif;display:grid;grid-template-columns:220px 1fr}aside{background:#1e293b;color:#e2e8f0;padding:24px;min-height:600px}main{padding:32px}.line{display:flex;justify-content:space-between;width:520px;padding:14px 0;border-bottom:1px solid #ddd}.save{background:#059669;color:#fff;display:inline-block;padding:10px 24px;margin-top:24px}",
        "<aside><p>Account</p><p>Notices</p><p>Billing</p></aside><main><h1>Notices</h1><div class=line><span>Weekly report</span><input type=checkbox></div><div class=line><span>New comment</span><input type=checkbox></div><div class=line><span>Invoice due</span><input type=checkbox></div><div class=save>Save changes</div></main>",
        [("grid-template-columns:220px 1fr", "grid-template-columns:220px auto")],
        [
            [("width:520px", "width:560px")],
            [("220px 1fr", "320px 1fr"), ("#059669", "#2563eb")],
            [("display:grid;grid-template-columns:220px 1fr", ""), ("min-height:600px", "")],
            [
                ("display:grid;grid-template-columns:220px 1fr", ""),
                ("min-height:600px", ""),
                ("#1e293b", "#fff"),
                ("<p>Notices</p>", ""),
            ],
        ],
    ),
    Graded(
        "chat",
        "body{margin:0;background:#ecfdf5;font:15px sans-serif;padding:30px}.m{max-width:300px;padding:10px 14px;margin:8px 0;border-radius:12px;background:#fff}.mine{background:#10b981;color:#fff;margin-left:auto}",
        "<h1>Support</h1><div class=m>Hello, how can we help?</div><div class='m mine'>My parcel is lost.</div><div class=m>Which number does it have?</div><div class='m mine'>RX 4471</div><div class=m>It is in Rotterdam.</div>",
        [("class=m>", "class='m'>")],
        [
            [("border-radius:12px", "border-radius:4px"), ("margin:8px 0", "margin:9px 0")],
            [("#10b981", "#3b82f6"), ("margin:8px 0", "margin:14px 0")],
            [(";margin-left:auto", ""), ("#10b981", "#3b82f6")],
            [(";margin-left:auto", ""), ("#10b981", "#3b82f6"), ("<div class='m mine'>RX 4471</div>", "")],
        ],
    ),
    Graded(
        "invoice",
        "body{margin:50px;font:14px sans-serif;color:#222}.head{display:flex;justify-content:space-between}.sum{margin-left:auto;width:260px;background:#f1f5f9;padding:16px;margin-top:40px}.sum div{display:flex;justify-content:space-between}.total{font-weight:bold;font-size:18px;color:#b45309}",
        "<h1>Invoice 2025-117</h1><div class=head><div>Northwind Ltd, Quay 4</div><div>4 March 2025</div></div><div class=sum><div><span>Net</span><span>100.00</span></div><div><span>VAT</span><span>19.00</span></div><div class=total><span>Total</span><span>119.00</span></div></div>",
        [("margin-left:auto;width:260px", "width:260px;margin-left:auto")],
        [
            [("#b45309", "#92400e"), ("margin-top:40px", "margin-top:46px")],
            [("margin-left:auto;width:260px", "width:260px")],
            [("margin-left:auto;width:260px", "width:260px"), ("119.00", "1190.0"), ("#f1f5f9", "#0f172a")],
            [
                ("margin-left:auto;width:260px", "width:260px"),
                ("119.00", "1190.0"),
                ("#f1f5f9", "#0f172a"),
                ("<div><span>VAT</span><span>19.00</span></div>", ""),
                ("<div>4 March 2025</div>", ""),
            ],
        ],
    ),
    Graded(
        "board",
        "body{margin:24px;font:14px sans-serif;background:#0c4a6e;color:#fff}.cols{display:flex;gap:16px}.col{width:240px;background:#e0f2fe;color:#082f49;padding:12px}.t{background:#fff;padding:10px;margin:8px 0}",
        "<h1>Sprint 14</h1><div class=cols><div class=col><h2>To do</h2><div class=t>Write tests</div><div class=t>Order desks</div></div><div class=col><h2>Doing</h2><div class=t>Move server</div></div><div class=col><h2>Done</h2><div class=t>Hire cook</div><div class=t>Paint hall</div></div></div>",
        [("display:flex;gap:16px", "display:inline-flex;gap:16px")],
        [
            [("gap:16px", "gap:20px")],
            [("width:240px", "width:300px"), ("#e0f2fe", "#fef9c3")],
            [("display:flex;", ""), ("#e0f2fe", "#fef9c3")],
            [
                ("display:flex;", ""),
                ("#e0f2fe", "#fef9c3"),
                ("<div class=t>Hire cook</div><div class=t>Paint hall</div>", ""),
            ],
        ],
    ),
    Graded(
        "error page",
        "body{margin:0;height:700px;background:#18181b;color:#fafafa;font:18px sans-serif;text-align:center;padding-top:120px;box-sizing:border-box}h1{font-size:96px;margin:0;color:#f43f5e}.home{display:inline-block;border:2px solid #fafafa;padding:12px 30px;margin-top:30px}",
        "<h1>404</h1><p>This page has sailed away.</p><div class=home>Back to port</div>",
        [("<p>", "<p class=x>")],
        [
            [("#f43f5e", "#e11d48")],
            [("#18181b", "#3f3f46"), ("font-size:96px", "font-size:72px")],
            [("#18181b", "#fff"), ("color:#fafafa", "color:#111"), ("font-size:96px", "font-size:72px")],
            [
                ("#18181b", "#fff"),
                ("color:#fafafa", "color:#111"),
                ("font-size:96px", "font-size:32px"),
                ("text-align:center", "text-align:left"),
                ("<div class=home>Back to port</div>", ""),
            ],
        ],
    ),
    Graded(
        "footer columns",
        "body{margin:0;font:15px sans-serif}main{height:300px;padding:30px}footer{background:#292524;color:#e7e5e4;display:grid;grid-template-columns:2fr 1fr 1fr;padding:40px;gap:30px}footer p{color:#a8a29e}",
        "<main><h1>Welcome aboard</h1></main><footer><div><b>Harbour Lines</b><p>Ferries since 1921</p></div><div><b>Travel</b><p>Timetable</p><p>Fares</p></div><div><b>Help</b><p>Lost luggage</p><p>Contact desk</p></div></footer>",
        [("<footer>", "<footer role=contentinfo>")],
        [
            [("padding:40px", "padding:44px")],
            [("2fr 1fr 1fr", "1fr 1fr 1fr"), ("#292524", "#1e1b4b")],
            [("display:grid;", ""), ("#292524", "#1e1b4b")],
            [("display:grid;", ""), ("#292524", "#fff"), ("<p>Timetable</p><p>Fares</p>", "")],
        ],
    ),
    Graded(
        "search results",
        "body{margin:0;font:16px sans-serif}.bar{background:#4338ca;padding:20px 60px}.bar input{width:500px;padding:10px}.hit{margin:26px 60px;width:600px}.hit h2{margin:0;font-size:20px;color:#1d4ed8}.url{color:#15803d;font-size:13px}",
        "<div class=bar><input value='quiet keyboards'></div><h1 style='margin:26px 60px;font-size:16px'>Three results</h1><div class=hit><h2>Keyboards for offices</h2><div class=url>example.com/office</div><p>Silent switches compared by hand.</p></div><div class=hit><h2>Why keys click</h2><div class=url>example.org/click</div><p>Springs, leaves and domes.</p></div><div class=hit><h2>Foam and felt</h2><div class=url>example.net/foam</div><p>Cheap ways to a quieter desk.</p></div>",
        [("<div class=bar>", "<header class=bar>"), ("</div><h1", "</header><h1")],
        [
            [("margin:26px 60px;width:600px", "margin:28px 60px;width:600px")],
            [("#1d4ed8", "#be123c"), ("#4338ca", "#0d9488")],
            [
                ("#1d4ed8", "#be123c"),
                ("#4338ca", "#0d9488"),
                ("margin:26px 60px;width:600px", "margin:26px 600px;width:600px"),
            ],
            [
                ("#1d4ed8", "#be123c"),
                ("#4338ca", "#0d9488"),
                ("margin:26px 60px;width:600px", "margin:26px 600px;width:600px"),
                (
                    "<div class=hit><h2>Foam and felt</h2><div class=url>example.net/foam</div><p>Cheap ways to a quieter desk.</p></div>",
                    "",
                ),
            ],
        ],
    ),
    Graded(
        "progress",
        "body{margin:40px;font:16px sans-serif}.steps{display:flex;width:800px;justify-content:space-between}.s{width:150px;text-align:center;background:#e5e7eb;padding:12px}.now{background:#d97706;color:#fff}.panel{margin-top:30px;border:1px solid #9ca3af;padding:24px;width:750px}.next{float:right;background:#d97706;color:#fff;padding:10px 30px}",
        "<h1>Your order</h1><div class=steps><div class=s>Cart</div><div class='s now'>Address</div><div class=s>Payment</div><div class=s>Check</div></div><div class=panel><p>Where shall we deliver?</p><input placeholder=Street><input placeholder=Town><div class=next>Go on</div></div>",
        [("justify-content:space-between", "justify-content: space-between")],
        [
            [("width:800px", "width:780px")],
            [("#d97706", "#7e22ce"), ("float:right;", "display:inline-block;margin-left:20px;")],
            [("display:flex;", ""), ("#d97706", "#7e22ce")],
            [
                ("display:flex;", ""),
                ("#d97706", "#e5e7eb"),
                ("<div class=s>Payment</div>", ""),
                ("<input placeholder=Town>", ""),
            ],
        ],
    ),
]

LATER = [
    Graded(
        "breadcrumb and tabs",
        "body{margin:30px;font:15px sans-serif}.crumb{color:#64748b}.tabs{margin:20px 0;background:#f1f5f9}.tabs a{display:inline-block;padding:10px 22px}.tabs a.on{background:#0f766e;color:#fff}p{width:500px}",
        "<div class=crumb><span>Home</span> / <span>Shop</span> / <b>Lamps</b></div><h1>Desk lamps</h1><div class=tabs><a class=on>All</a><a>Clamp</a><a>Stand</a></div><p>Twelve lamps with <b>warm</b> light, all of them dimmable.</p><p>Delivery in <i>two</i> days.</p>",
        [("<b>warm</b>", "warm"), ("<i>two</i>", "<em style='font-style:italic'>two</em>")],
        [
            [("padding:10px 22px", "padding:10px 25px")],
            [("#0f766e", "#b45309"), ("padding:10px 22px", "padding:14px 32px")],
            [("display:inline-block;", "display:block;"), ("#0f766e", "#b45309"), ("p{width:500px}", "p{width:200px}")],
            [
                ("display:inline-block;", "display:block;"),
                ("#0f766e", "#b45309"),
                ("p{width:500px}", "p{width:200px}"),
                ("<a>Clamp</a><a>Stand</a>", ""),
            ],
        ],
    ),
    Graded(
        "toolbar",
        "body{margin:0;font:14px sans-serif;background:#fafaf9}.bar{background:#44403c;color:#fafaf9;padding:12px 24px}.bar span{margin-right:28px}.bar em{color:#fbbf24;font-style:normal}.doc{margin:30px auto;width:560px;background:#fff;padding:40px;min-height:300px}",
        "<div class=bar><span>File</span><span>Edit</span><span>View</span><em>Unsaved</em></div><div class=doc><h1>Minutes</h1><p>Present: Vasari, Quayle.</p><p>The budget was agreed.</p></div>",
        [("<div class=bar>", "<header class=bar>"), ("</em></div>", "</em></header>")],
        [
            [("margin-right:28px", "margin-right:32px")],
            [("#44403c", "#1d4ed8"), ("margin:30px auto", "margin:60px auto")],
            [("#44403c", "#1d4ed8"), ("margin:30px auto", "margin:60px 0"), (".bar span{", ".bar span{display:block;")],
            [
                ("#44403c", "#1d4ed8"),
                ("margin:30px auto", "margin:60px 0"),
                (".bar span{", ".bar span{display:block;"),
                ("<span>Edit</span><span>View</span>", ""),
            ],
        ],
    ),
    Graded(
        "calendar week",
        "body{margin:20px;font:14px sans-serif}.w{display:grid;grid-template-columns:repeat(5,180px);gap:6px}.d{background:#eef2ff;height:220px;padding:8px}.e{background:#4f46e5;color:#fff;padding:6px;margin-top:10px}.late{margin-top:80px}",
        "<h1>Week 19</h1><div class=w><div class=d>Mon<div class=e>Review</div></div><div class=d>Tue</div><div class=d>Wed<div class='e late'>Dentist</div></div><div class=d>Thu</div><div class=d>Fri<div class=e>Ship it</div></div></div>",
        [("repeat(5,180px)", "180px 180px 180px 180px 180px")],
        [
            [("gap:6px", "gap:10px")],
            [
                ("#4f46e5", "#dc2626"),
                ("height:220px", "height:260px"),
                (".late{margin-top:80px}", ".late{margin-top:10px}"),
            ],
            [("display:grid;", ""), ("#4f46e5", "#dc2626")],
            [
                ("display:grid;", ""),
                ("#4f46e5", "#dc2626"),
                ("<div class='e late'>Dentist</div>", ""),
                ("<div class=d>Thu</div>", ""),
            ],
        ],
    ),
    Graded(
        "newsletter",
        "body{margin:0;background:#fff7ed;font:17px sans-serif;text-align:center}.in{width:520px;margin:70px auto;background:#9a3412;color:#ffedd5;padding:36px}.in input{width:280px;padding:12px}.go{background:#fdba74;color:#431407;display:inline-block;padding:12px 18px;margin-left:8px}small{color:#fed7aa}",
        "<div class=in><h1>Letters from the harbour</h1><p>Once a month, never on Mondays.</p><input placeholder='Your mail address'><span class=go>Subscribe</span><p><small>You can leave at any time.</small></p></div>",
        [("<small>", "<span style='font-size:smaller;color:#fed7aa'>"), ("</small>", "</span>")],
        [
            [("padding:36px", "padding:40px")],
            [("#9a3412", "#166534"), ("#fdba74", "#86efac")],
            [
                ("#9a3412", "#166534"),
                ("#fdba74", "#86efac"),
                ("margin:70px auto", "margin:70px 0"),
                ("text-align:center", "text-align:left"),
            ],
            [
                ("#9a3412", "#fff"),
                ("#fdba74", "#fff"),
                ("margin:70px auto", "margin:70px 0"),
                ("text-align:center", "text-align:left"),
                ("<p><small>You can leave at any time.</small></p>", ""),
            ],
        ],
    ),
]

UNRELATED = "<!doctype html><html lang=en><head><title>t</title></head><body><h1>Cooking rice</h1><p>Wash it well, then wait.</p><p>Add salt late.</p></body></html>"
