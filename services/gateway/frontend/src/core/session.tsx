import { codeOf, type User } from "@tiketi/client";
import { createContext, type ReactNode, use, useCallback, useEffect, useState } from "react";
import { forgetLoaded } from "./load.ts";
import { navigate } from "./router.tsx";
import { api, live } from "./tiketi.ts";

interface Session {
  /** Undefined until the server has said who is asking, null without a session. */
  user: User | null | undefined;
  signedIn: (user: User) => void;
  signOut: () => Promise<void>;
  /** The session has ended on the server. */
  ended: () => void;
}

const KEPT = "tiketi:user";
const Context = createContext<Session | null>(null);

/** Who was signed in last: believed while the server cannot be asked, as at an offline door. */
function kept(): User | null {
  const text = localStorage.getItem(KEPT);
  return text ? (JSON.parse(text) as User) : null;
}

export function SessionProvider({ children }: { children: ReactNode }) {
  const [user, setUser] = useState<User | null | undefined>(undefined);

  useEffect(() => {
    api.me().then(setUser, (error: unknown) => {
      setUser(codeOf(error) === "unauthenticated" ? null : kept());
    });
  }, []);
  useEffect(() => {
    if (user) localStorage.setItem(KEPT, JSON.stringify(user));
    else if (user === null) localStorage.removeItem(KEPT);
  }, [user]);

  const signedIn = useCallback((now: User) => {
    forgetLoaded();
    setUser(now);
    live.reconnect();
  }, []);
  const ended = useCallback(() => setUser(null), []);
  const signOut = useCallback(async () => {
    await api.logOut();
    live.close();
    forgetLoaded();
    setUser(null);
    navigate("/");
  }, []);

  return <Context value={{ user, signedIn, signOut, ended }}>{children}</Context>;
}

export function useSession(): Session {
  const session = use(Context);
  if (!session) throw new Error("useSession outside of SessionProvider");
  return session;
}

/** The way to log in and come back to `path`. */
export function loginPath(path = location.pathname + location.search): string {
  return `/login?next=${encodeURIComponent(path)}`;
}
