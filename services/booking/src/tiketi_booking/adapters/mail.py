"""Sends mails by SMTP: `smtp://user:password@host:587` (STARTTLS where offered) or `smtps://`."""

from email.message import EmailMessage
from email.utils import formatdate
from urllib.parse import unquote, urlsplit

import aiosmtplib

from tiketi_booking.domain.deliveries import NotDelivered
from tiketi_booking.domain.mails import Mail

_TIMEOUT_SECONDS = 20


class SmtpMailer:
    def __init__(self, url: str, sender: str) -> None:
        """`sender` is the From address, as in `Tiketi <tickets@example.com>`.

        Raises ValueError for a URL that is none of the two kinds.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError("SMTP_URL is smtp://host:port or smtps://host:port")
        self._sender = sender
        self._host = parts.hostname
        self._implicit_tls = parts.scheme == "smtps"
        self._port = parts.port or (465 if self._implicit_tls else 25)
        self._username = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None

    async def send(self, mail: Mail, delivery_id: str) -> None:
        """Tries once. A retry has the same Message-ID. Raises NotDelivered."""
        try:
            await aiosmtplib.send(
                self._message(mail, delivery_id),
                hostname=self._host,
                port=self._port,
                username=self._username,
                password=self._password,
                use_tls=self._implicit_tls,
                timeout=_TIMEOUT_SECONDS,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            reasons = "; ".join(f"{refused.code} {refused.message}" for refused in error.recipients)
            final = all(refused.code >= 500 for refused in error.recipients)
            raise NotDelivered(f"recipient refused: {reasons}", final=final) from error
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise NotDelivered(f"{type(error).__name__}: {error}") from error

    def _message(self, mail: Mail, delivery_id: str) -> EmailMessage:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self._sender, mail.to, mail.subject
        message["Date"] = formatdate()
        message["Message-ID"] = f"<{delivery_id}@{self._sender.rpartition('@')[2].strip('> ')}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text)
        message.add_alternative(mail.html, subtype="html")
        for attached in mail.attachments:
            kind, _, subtype = attached.media_type.partition("/")
            message.add_attachment(
                attached.content, maintype=kind, subtype=subtype, filename=attached.name
            )
        return message
