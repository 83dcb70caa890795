"""Operations that go stale, suspicious or refused, and recover: told once each to a webhook."""
