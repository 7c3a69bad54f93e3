#!/usr/bin/env bash
# The report in a browser (headless Chromium; skipped where there is none): nothing is wider than the window, no two texts
# of a chart overlap, no chart is empty, no text is smaller than 11 pixels; on a wide screen, a phone and a small phone,
# for an eventful run, a run of one step, a long one, two side by side and one with hostile texts.
set -euo pipefail
binary=${YA_BINARY:?path of the program}
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || {
    echo "skipped: no chromium"
    exit 77
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

# steps DIR N EVERY: metrics with a pause, its end, a warning, a stop and a resumed process.
steps() {
    mkdir -p "$work/$1"
    awk -v n="$2" -v every="$3" 'BEGIN {
        srand(7)
        for (s = every; s <= n; s += every) {
            x = s / n; noise = rand() - 0.5; ce = 2 + 1.5 * exp(-6 * x) + 0.3 * noise
            if (n > 9 && s % (n / 2) == 0) {
                printf "{\"event\": \"pause\", \"step\": %d, \"text\": \"pausing: 4.2 GB\", \"time\": %d}\n", s, 17e8 + s
                printf "{\"event\": \"resume\", \"step\": %d, \"text\": \"available again\", \"time\": %d}\n", s + 1, 17e8 + s
                printf "{\"event\": \"skipped_step\", \"step\": %d, \"text\": \"not finite\", \"time\": %d}\n", s + 1, 17e8 + s
                printf "{\"event\": \"critical\", \"step\": %d, \"text\": \"stopped\", \"time\": %d}\n", s + 2, 17e8 + s
                printf "{\"event\": \"start\", \"step\": %d, \"planned_mb\": 460, \"time\": %d}\n", s + 2, 17e8 + s
                printf "{\"event\": \"eval\", \"step\": %d, \"eval_ce\": %g, \"eval_ce_low\": %g, \"eval_ce_mid\": null, \"eval_ce_high\": %g}\n", s, ce, ce - 0.2, ce + 0.2
            }
            printf "{\"step\": %d, \"epoch\": %g, \"loss\": %g, \"ce\": %g, \"ess\": %g, \"ce_low\": %g, \"ce_high\": %g, \"lr\": %g, \"grad_norm\": %g, \"tokens_per_s\": %g, \"rss_anon_mb\": 458.2, \"mem_available_gb\": %g, \"time\": %d}\n",
                s, x, 1.4 * ce, ce, 2.5 + noise, ce - 0.3, ce + 0.3, 5e-5 * (1 - x), 300 * exp(-9 * x) + 1 + noise, 430 + 20 * noise, 13 + noise, 17e8 + s
        }
    }' >"$work/$1/metrics.jsonl"
    awk -v n="$2" 'BEGIN {
        printf "{\"model\": {\"path\": \"m\"}, \"schedule\": {\"steps\": %d}, \"plan\": {\"anonymous_peak_mb\": 460.4, \"budget_mb\": 470.1, ", n
        printf "\"regions\": [{\"name\": \"activations\", \"bytes\": 1e8, \"lifetime\": \"pass\", \"reason\": \"kept\"}]}, "
        printf "\"limits\": {\"pause_available_gb\": 4.9, \"abort_available_gb\": 4.7}, \"environment\": {\"processor\": \"P\"}, "
        printf "\"settings\": [{\"name\": \"max_grad_norm\", \"value\": \"1\", \"origin\": \"flag\"}], "
        printf "\"provenance\": {\"data\": [{\"path\": \"/a/very/long/path/that/has/no/space/in/it/at/all/whatever/you/do/train.jsonl\", \"sha256\": \"%s\"}], ", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
        printf "\"weights\": {\"by_auth_weight\": {\"bin\": 0.05, \"records\": [9,3,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,5], \"weight_share\": [0.8,0.1]}, "
        printf "\"by_prov_entropy\": {\"bin\": 0.5, \"records\": [1,2,3], \"weight_share\": [0.1,0.2,0.7]}, "
        printf "\"sources\": [{\"source_type\": \"letters_and_notebooks_of_the_time\", \"records\": 9, \"weight_share\": 0.9}, {\"source_type\": \"press\", \"records\": 5, \"weight_share\": 0.1}]}}}"
    }' >"$work/$1/run.json"
}

# What the browser finds wrong with a copy of the page, from which the policy that forbids scripts is cut out; it lies in
# frames as wide as the screens, whose messages become the title of the page around them.
probe='<script>addEventListener("load", () => {
    const bad = [], wide = document.documentElement.scrollWidth;
    if (innerWidth !== WIDTH) bad.push(`the window is ${innerWidth} wide`);
    if (wide > innerWidth) bad.push(`the page is ${wide} wide`);
    const charts = [...document.querySelectorAll("svg.chart")];
    if (charts.length < LEAST) bad.push(`only ${charts.length} charts`);
    for (const chart of charts) {
        const name = chart.getAttribute("aria-label");
        if (!chart.querySelector("path.line,circle,rect.bar")) bad.push(`${name}: empty`);
        const texts = [...chart.querySelectorAll("text")].map(t => ({text: t.textContent, box: t.getBoundingClientRect(), size: parseFloat(getComputedStyle(t).fontSize)}));
        for (const [i, a] of texts.entries()) {
            if (a.size < 11) bad.push(`${name}: "${a.text}" is ${a.size} px`);
            if (a.box.left < 0 || a.box.right > innerWidth) bad.push(`${name}: "${a.text}" is cut`);
            for (const b of texts.slice(i + 1)) {
                const w = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
                const h = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
                if (w > 1 && h > 3) bad.push(`${name}: "${a.text}" and "${b.text}" overlap`);
            }
        }
    }
    parent.postMessage(bad.length ? "WRONG " + bad.join("; ") : `FINE ${charts.length} charts`, "*");
})</script>'

# look NAME LEAST-CHARTS PAGE
look() {
    local width found frames=""
    for width in 1200 390 320; do
        { sed 's/<meta http-equiv=Content-Security-Policy[^>]*>//' "$3"; printf '%s' "$probe" | sed "s/WIDTH/$width/; s/LEAST/$2/"; } >"$work/copy-$width.html"
        frames+="<iframe src=copy-$width.html width=$width height=2000 style=border:0></iframe>"
    done
    echo "<title></title><script>addEventListener('message', e => document.title += e.data + ' | ')</script>$frames" >"$work/frames.html"
    found=$(timeout 200 "$browser" --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --hide-scrollbars \
        --user-data-dir="$work/profile" --window-size=1300,2000 --dump-dom "file://$work/frames.html" 2>/dev/null |
        sed -n 's/.*<title>\(.*\)<\/title>.*/\1/p' | head -1)
    echo "$1: $found"
    [ "$(grep -o FINE <<<"$found" | wc -l)" = 3 ] || failures=$((failures + 1))
}

steps eventful 200 1
steps single 1 1
steps three 3 1
steps long 100000 10
for run in eventful single three long; do
    "$binary" report "$work/$run" --quiet
done
look eventful 11 "$work/eventful/report.html"
look single 8 "$work/single/report.html"
look three 8 "$work/three/report.html"
look long 11 "$work/long/report.html"
"$binary" report "$work/eventful" --compare "$work/three" --output "$work/both.html" --quiet
look both 12 "$work/both.html"
exit $((failures > 0))
