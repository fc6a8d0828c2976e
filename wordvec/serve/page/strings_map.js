// What the tab "Map" says.
export const map = {
  title: "Map",
  missing: "This server has no map.",
};
