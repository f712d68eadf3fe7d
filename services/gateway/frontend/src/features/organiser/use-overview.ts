import { useEffect } from "react";
import { type Loaded, useLoad } from "../../core/load.ts";
import { type Overview, organiser } from "./api.ts";

const EVERY_MS = 2000;

/** The live page's figures, anew every two seconds while the page is looked at. */
export function useOverview(): Loaded<Overview> {
  const loaded = useLoad("overview", () => organiser.overview());
  const { reload } = loaded;
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") reload();
    }, EVERY_MS);
    return () => clearInterval(timer);
  }, [reload]);
  return loaded;
}
