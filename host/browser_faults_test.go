//go:build browser

package host_test

// noteShifts has window.shifts know what moves while a page is loaded, and whether
// the page was seen: what it shows largest was painted.
const noteShifts = `window.shifts = { moved: 0, seen: false, take(entries) {
	for (const e of entries) {
		if (e.entryType === "layout-shift") shifts.moved += e.value;
		else shifts.seen = true;
	}
} };
shifts.observer = new PerformanceObserver(list => shifts.take(list.getEntries()));
for (const type of ["layout-shift", "largest-contentful-paint"]) shifts.observer.observe({ type, buffered: true });`

// faults are what a look at a page finds wrong: what has no description, what moved
// while it was loaded, what is too small to tap (WCAG 2.5.8), and text that is hard to
// read (WCAG 1.4.3). It comes after noteShifts.
const faults = `(() => {
	const found = [];
	if (!document.title) found.push("no title");
	if (document.documentElement.lang !== "en") found.push("no language");
	if (!document.querySelector("meta[name=viewport]")?.content.includes("width=device-width")) found.push("no viewport");
	if (!document.querySelector("meta[name=description]")?.content) found.push("no description");
	if (document.querySelectorAll("h1").length !== 1) found.push("not one h1");
	for (const i of document.images)
		if (!i.alt || !i.getAttribute("width") || !i.getAttribute("height")) found.push("picture " + i.src);
	for (const link of document.links)
		if (!link.textContent.trim()) found.push("no text: " + link.href);
	for (const field of document.querySelectorAll("input"))
		if (!field.labels.length) found.push("no label: " + field.name);
	shifts.take(shifts.observer.takeRecords());
	if (shifts.moved > 0) found.push("the page moved " + shifts.moved);
	if (document.documentElement.scrollWidth > innerWidth) found.push("it is wider than its window");

	const targets = [...document.querySelectorAll("a[href], button, input")].map(e => [e, e.getBoundingClientRect()]).filter(([, r]) => r.width > 0 && r.right > 0);
	for (const [e, r] of targets) {
		if (r.width >= 24 && r.height >= 24) continue;
		const x = (r.left + r.right) / 2, y = (r.top + r.bottom) / 2;
		const near = ([o, q]) => o !== e && Math.hypot(Math.max(q.left - x, 0, x - q.right), Math.max(q.top - y, 0, y - q.bottom)) < 12;
		if (targets.some(near)) found.push("too small to tap: " + e.textContent);
	}

	const rgb = text => text.match(/[\d.]+/g).map(Number);
	const light = ([r, g, b]) => [r, g, b].map(c => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
		.reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
	const behind = e => {
		for (; e; e = e.parentElement) {
			const c = rgb(getComputedStyle(e).backgroundColor);
			if (c[3] !== 0) return c;
		}
		return [255, 255, 255];
	};
	const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let n; n = texts.nextNode();) {
		if (!n.data.trim()) continue;
		const [a, b] = [light(rgb(getComputedStyle(n.parentElement).color)), light(behind(n.parentElement))].sort((x, y) => y - x);
		if ((a + 0.05) / (b + 0.05) < 4.5) found.push("contrast of " + n.data);
	}
	return found.join("; ");
})()`
