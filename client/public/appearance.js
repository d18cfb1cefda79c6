// Sets the chosen theme before the first paint; client/ui/appearance.ts stores and changes it.
try {
  const chosen = localStorage.getItem('latchkey.appearance');
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.appearance = chosen;
} catch {
  // Storage is switched off: the system's theme it is.
}
