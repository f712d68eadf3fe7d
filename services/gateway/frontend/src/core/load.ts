import { useCallback, useEffect, useState } from "react";

export interface Loaded<T> {
  /** The last known answer: shown while a newer one is on its way. */
  data: T | null;
  error: unknown;
  reload: () => void;
  /** Puts a newer answer in place that came by another way. */
  set: (data: T) => void;
}

const answers = new Map<string, unknown>();

/** Loads once per `key` and again on `reload`; an answer seen before is shown meanwhile. */
export function useLoad<T>(key: string, load: () => Promise<T>): Loaded<T> {
  const [state, setState] = useState<{ key: string; data: T | null; error: unknown }>({
    key,
    data: (answers.get(key) as T) ?? null,
    error: null,
  });
  const [round, setRound] = useState(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `load` is a new function each time; `key` and `round` say what it loads
  useEffect(() => {
    let wanted = true;
    load().then(
      (data) => {
        answers.set(key, data);
        if (wanted) setState({ key, data, error: null });
      },
      (error: unknown) => {
        if (wanted) setState((now) => ({ key, data: now.key === key ? now.data : null, error }));
      },
    );
    return () => {
      wanted = false;
    };
  }, [key, round]);

  const reload = useCallback(() => setRound((now) => now + 1), []);
  const set = useCallback(
    (data: T) => {
      answers.set(key, data);
      setState({ key, data, error: null });
    },
    [key],
  );
  const current = state.key === key;
  const data = current ? state.data : ((answers.get(key) as T) ?? null);
  return { data, error: current ? state.error : null, reload, set };
}

/** Forgets what one account has loaded before another one uses the page. */
export function forgetLoaded(): void {
  answers.clear();
}
