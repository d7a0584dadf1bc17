// Keeps the front page fresh: asks for its changing part every five seconds, and puts it in place
// without closing what is open or moving the focus. Times become local ones. Without this script
// the page is the same, as of when it was loaded.

const EVERY_MS = 5000;
const live = document.getElementById("live");
const asOf = document.getElementById("as-of");
const filter = document.getElementById("filter");
let tag = "";
let timer = 0;

const clock = new Intl.DateTimeFormat(undefined,
        { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short" });

function localTimes(root) {
        const today = day.format(new Date());
        for (const time of root.querySelectorAll("time")) {
                const moment = new Date(time.dateTime);
                const date = day.format(moment);
                time.title = time.dateTime;
                time.textContent = (date === today ? "" : date + " ") + clock.format(moment);
        }
}

function parse(html) {
        const part = document.createElement("template");
        part.innerHTML = html;
        localTimes(part.content);
        return part.content;
}

// What is inside a row that came without it, or with less than all.
async function fill(details) {
        const query = new URLSearchParams({ municipality: details.id.slice(2) });
        const answer = await fetch("/row?" + query);
        if (!answer.ok)
                return;
        const inside = parse(await answer.text());
        details.querySelector(".inside")?.remove();
        details.querySelector("summary").after(inside);
        details.dataset.whole = "yes";
}

function keepOpen(old, next) {
        for (const details of old.querySelectorAll(".rows > details[open]")) {
                const same = next.getElementById(details.id);
                if (!same || same.open)
                        continue;
                same.open = true;
                if (!details.dataset.whole)
                        continue;
                const inside = details.querySelector(".inside");
                same.querySelector(".inside")?.remove();
                same.querySelector("summary").after(inside);
                same.dataset.whole = "yes";
        }
}

function place(next) {
        const row = document.activeElement?.closest?.("#live details[id]");
        const onLine = document.activeElement?.tagName === "SUMMARY";
        keepOpen(live, next);
        live.replaceChildren(next);
        if (row && onLine)
                document.getElementById(row.id)?.querySelector("summary")
                        .focus({ preventScroll: true });
}

// Somebody writes or marks something there: not now.
function isBusy() {
        const active = document.activeElement;
        if (live.contains(active) && active.tagName !== "SUMMARY")
                return true;
        const selection = getSelection();
        return !selection.isCollapsed && live.contains(selection.anchorNode);
}

async function refresh() {
        clearTimeout(timer);
        try {
                const answer = await fetch("/live" + location.search,
                        { headers: { "If-None-Match": tag } });
                const moment = answer.headers.get("Dplsync-As-Of");
                if (answer.status === 200 && !isBusy()) {
                        place(parse(await answer.text()));
                        tag = answer.headers.get("ETag") ?? "";
                }
                if (moment)
                        asOf.textContent = clock.format(new Date(moment));
        } catch {
                asOf.textContent = "the console does not answer; this is old";
        }
        timer = setTimeout(refresh, EVERY_MS);
}

localTimes(document);

if (live) {
        live.addEventListener("toggle", (event) => {
                const details = event.target;
                if (details.matches(".rows > details") && details.open && !details.dataset.whole &&
                    !new URLSearchParams(location.search).has("municipality"))
                        fill(details);
        }, true);
        filter?.addEventListener("input", () => {
                const address = new URL(location);
                address.searchParams.set("filter", filter.value.trim().toLowerCase());
                history.replaceState(null, "", address);
                refresh();
        });
        timer = setTimeout(refresh, EVERY_MS);
        document.addEventListener("visibilitychange", () => {
                if (document.visibilityState === "visible")
                        refresh();
        });
}
