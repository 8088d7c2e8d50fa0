import { useState } from "preact/hooks";
import { api, ApiError } from "../api/client.ts";
import { messageOf } from "../ui/dialogs.tsx";
import { Icon, Logo } from "../ui/icons.tsx";

// Asks for the token once; the browser keeps a cookie, never the token.
export function Login({ onDone, firstError }: { onDone: () => void; firstError: string }) {
  const [token, setToken] = useState("");
  const [error, setError] = useState(firstError);
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setError("");
    try {
      await api.login(token.trim());
      onDone();
    } catch (failure) {
      setError(failure instanceof ApiError && failure.status === 401 ? "Nightshift does not know this token." : messageOf(failure));
      setBusy(false);
    }
  };
  return (
    <main class="login">
      <form class="card" onSubmit={submit}>
        <div class="brand"><Logo /><span>Nightshift</span></div>
        <label class="stack">
          <span class="strong">Token</span>
          <input class="input mono" type="password" name="token" autofocus required autocomplete="current-password" value={token} aria-invalid={error !== ""} onInput={(e) => setToken(e.currentTarget.value)} />
        </label>
        {error && <div class="note s-error" role="alert"><Icon name="error" />{error}</div>}
        <button class="button primary" disabled={isBusy}>Sign in</button>
        <p class="muted small">
          The first token is in the data folder, in <code>admin.token</code>. <code>nightshift token</code> makes others.
        </p>
      </form>
    </main>
  );
}
