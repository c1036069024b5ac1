// Before the first paint: theme and language as chosen last time, or as the system prefers.
(() => {
  const root = document.documentElement;
  const kept = (key) => { try { return localStorage.getItem("datagov." + key); } catch { return null; } };
  const dark = kept("theme") ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  root.dataset.theme = dark === "dark" ? "dark" : "light";
  const language = kept("language");
  if (language === "en" || language === "zh") {
    root.dataset.lang = language;
    root.lang = language === "zh" ? "zh-CN" : "en";
  }
})();
