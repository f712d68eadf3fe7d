import { useEffect } from "react";

/** The title of the tab, while the component is shown. */
export function useTitle(title: string | null | undefined): void {
  useEffect(() => {
    document.title = title ? `${title} · Tiketi` : "Tiketi";
  }, [title]);
}
