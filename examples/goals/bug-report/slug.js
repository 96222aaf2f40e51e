/** Anchors for headings, in their order. */
export function anchors(headings) {
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-|-$/g, ""),
  );
}
