/** Waits for something, but no longer than so many milliseconds; tells whether it came. */
export function settleWithin(milliseconds: number, start: (settle: () => void) => void): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), milliseconds);
    start(() => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}
