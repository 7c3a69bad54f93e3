"""What the kernel says of a running process."""


def status_kb(pid, *keys):
    """Lines of /proc/PID/status in KiB, such as RssAnon; zeros when the process is gone."""
    try:
        with open(f"/proc/{pid}/status") as f:
            found = dict(line.split(":", 1) for line in f)
        return [int(found[k].split()[0]) for k in keys]
    except (OSError, KeyError):
        return [0] * len(keys)
