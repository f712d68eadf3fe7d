import { ApiError, type Role, type User } from "@tiketi/client";
import { Component, type ReactNode, Suspense, useEffect } from "react";
import { match, navigate, usePath } from "../core/router.tsx";
import { loginPath, useSession } from "../core/session.tsx";
import { Failure, Skeleton } from "../ui/feedback.tsx";
import { PAGES } from "./routes.tsx";
import { Shell } from "./shell.tsx";

const NOWHERE = new ApiError({ status: 404, code: "not_found", title: "", detail: "" }, null);
const FORBIDDEN = new ApiError({ status: 403, code: "forbidden", title: "", detail: "" }, null);

export function App() {
  const path = usePath();
  for (const page of PAGES) {
    const params = match(page.path, path);
    if (!params) continue;
    const Content = page.component;
    return (
      <Shell layout={page.layout ?? {}}>
        <Broken key={path}>
          <Suspense fallback={<Skeleton height="16rem" />}>
            <Guarded access={page.access}>
              <Content params={params} />
            </Guarded>
          </Suspense>
        </Broken>
      </Shell>
    );
  }
  return (
    <Shell layout={{}}>
      <Failure error={NOWHERE} />
    </Shell>
  );
}

function Guarded({ access, children }: { access: Role | undefined; children: ReactNode }) {
  const { user } = useSession();
  const barred = access !== undefined && user === null;
  useEffect(() => {
    if (barred) navigate(loginPath(), { replace: true });
  }, [barred]);
  if (!access) return children;
  if (!user) return <Skeleton height="16rem" />;
  return allows(access, user) ? children : <Failure error={FORBIDDEN} />;
}

function allows(access: Role, user: User): boolean {
  return access === "customer" || user.role === "admin" || user.role === access;
}

/** A page that breaks, or a chunk that does not arrive, leaves the rest of the app standing. */
class Broken extends Component<{ children: ReactNode }, { error: unknown }> {
  override state: { error: unknown } = { error: null };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override render() {
    if (this.state.error === null) return this.props.children;
    return <Failure error={this.state.error} onRetry={() => location.reload()} />;
  }
}
