// Shows the drawing of a workflow that the server makes.
"use strict";

// The drawing as an element. Its own style is left out: the page has the same, which the policy allows.
async function workflowDrawing(pack, workflow) {
  const base = `api/v1/packs/${encodeURIComponent(pack)}/workflows/${encodeURIComponent(workflow)}`;
  const { data } = await call("GET", `${base}/drawing?format=svg`);
  const text = data.drawing.replace(/<style>[^<]*<\/style>/, "");
  const svg = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  if (svg.localName !== "svg") throw new Refused(500, { error: "the drawing cannot be shown" });
  return document.importNode(svg, true);
}
