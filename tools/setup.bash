# The set-up behind ./run and ./test, sourced by both. It needs Python 3.11 or newer and changes nothing outside the
# checkout but Debian packages; services that packages bring along are neither started nor left enabled.

export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_NO_CACHE_DIR=1 PYTHONUTF8=1 DEBIAN_FRONTEND=noninteractive
export npm_config_cache=$ROOT/node_modules/.npm

# What is needed, as `command:package` or `file:package`, with the names that distributions use for the package.
RUN_PROGRAMS=(
    rtpengine:rtpengine-daemon,ngcp-rtpengine-daemon
    espeak-ng:espeak-ng
    '/usr/lib/*/libpangoft2-1.0.so.0:libpangoft2-1.0-0'
    '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf:fonts-dejavu-core'
)
TEST_PROGRAMS=(
    sipp:sip-tester
    baresip:baresip-core,baresip
    linphonecsh:linphone-cli,linphone-nogtk
    chromium:chromium
    sox:sox
    redis-server:redis-server,valkey-server
    pg_ctl:postgresql
    tshark:tshark
    svwar:sipvicious
    ldapsearch:ldap-utils
)

say() { printf 'svara: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

have() {
    case $1 in /*) compgen -G "$1" >/dev/null; return ;; esac
    command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] || compgen -G "/usr/lib/postgresql/*/bin/$1" >/dev/null
}

# The distribution's own Python goes first: it is built with optimisations that others often lack, and calls cost less on it.
find_python() {
    local name any=""
    for name in "${PYTHON:-}" /usr/bin/python3 python3 python3.14 python3.13 python3.12 python3.11; do
        [ -n "$name" ] && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 || continue
        any=${any:-$name}
        "$name" -c 'import ensurepip, venv' >/dev/null 2>&1 || as_root >/dev/null || continue
        echo "$name"
        return
    done
    [ -n "$any" ] || fail "Python 3.11 or newer is needed and was not found (apt-get install python3)"
    echo "$any"
}

# as_root: how to become root without being asked anything; empty for root itself, fails where there is no way.
as_root() {
    [ "$(id -u)" = 0 ] && return
    sudo -n true >/dev/null 2>&1 && echo "sudo -n" && return
    return 1
}

candidate() {  # the first of the comma-separated packages that apt offers
    local package
    for package in ${1//,/ }; do
        # Not by a pipe: with pipefail, apt-cache that writes on after grep has seen enough would count as "there is none".
        [[ $(apt-cache policy "$package" 2>/dev/null) == *"Candidate: "[!\(]* ]] && { echo "$package"; return; }
    done
    return 1
}

# The services that our packages bring, as far as they stand there now; on a new machine, none.
units() { ls /lib/systemd/system /etc/init.d 2>/dev/null | { grep -E '^(rtpengine|ngcp-rtpengine|redis|valkey|postgresql)' || true; } | sort -u || true; }

# install_packages a,b c …: one package of each argument.
install_packages() {
    local root packages=() wanted package before unit policy=/usr/sbin/policy-rc.d
    root=$(as_root) || fail "these Debian packages are missing: install them as root with: apt-get install --no-install-recommends$(printf ' %s' "${@%%,*}")"
    command -v apt-get >/dev/null 2>&1 || fail "these programs are missing, and there is no apt-get to install them:$(printf ' %s' "${@%%,*}")"
    say "installing Debian packages:$(printf ' %s' "${@%%,*}")"
    local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=600 -o APT::Update::Error-Mode=any)
    $root "${apt[@]}" update </dev/null >"$LOG" 2>&1 || { tail -5 "$LOG" >&2; fail "apt-get update failed"; }
    for wanted in "$@"; do
        package=$(candidate "$wanted") || fail "no Debian package offers ${wanted//,/ or } here"
        packages+=("$package")
    done
    before=$(units)
    if [ ! -e $policy ]; then  # keeps what is installed from starting services
        printf '#!/bin/sh\nexit 101\n' | $root tee $policy >/dev/null && $root chmod 755 $policy
        trap "$root rm -f $policy" EXIT
    fi
    $root "${apt[@]}" install -y --no-install-recommends "${packages[@]}" </dev/null >"$LOG" 2>&1 ||
        { tail -15 "$LOG" >&2; fail "apt-get install failed: $(printf '%s ' "${packages[@]}")"; }
    if [ -n "$(trap -p EXIT)" ]; then $root rm -f $policy; trap - EXIT; fi
    for unit in $(comm -13 <(echo "$before") <(units)); do
        case $unit in
            *@.*) ;;
            *.service | *.timer | *.socket)
                if command -v systemctl >/dev/null 2>&1; then $root systemctl disable --quiet --no-reload "$unit" >/dev/null 2>&1 || true; fi ;;
            *) if command -v update-rc.d >/dev/null 2>&1; then $root update-rc.d "$unit" disable >/dev/null 2>&1 || true; fi ;;
        esac
    done
}

need_programs() {
    local entry missing=()
    for entry in "$@"; do
        have "${entry%%:*}" || missing+=("${entry#*:}")
    done
    [ ${#missing[@]} = 0 ] || install_packages "${missing[@]}"
}

# want_programs NAME …: what is better to have, where it can be had; nothing is missed where it cannot.
want_programs() {
    local name
    for name in "$@"; do
        have "$name" || ! as_root >/dev/null || ! candidate "$name" >/dev/null || install_packages "$name"
    done
}

stamp_of() { cat "$@" | sha256sum | cut -d' ' -f1; }

# set_up_python LOCK: the virtual environment with exactly what the lock file names.
set_up_python() {
    local lock=$1 python venv=$ROOT/.venv stamp
    stamp=$(stamp_of "$ROOT/requirements/$lock.lock" "$ROOT/tools/setup.bash")
    if [ ! -x "$venv/bin/python" ] || [ "$("$venv/bin/python" -c 'import sys; print(sys.prefix)' 2>/dev/null)" != "$venv" ]; then
        python=$(find_python) || exit 1
        if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
            install_packages "python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv,python3-venv"
        fi
        rm -rf "$venv"
        "$python" -m venv "$venv" </dev/null >"$LOG" 2>&1 || { tail -5 "$LOG" >&2; fail "the virtual environment could not be made"; }
    fi
    [ "$(cat "$venv/.stamp-$lock" 2>/dev/null)" = "$stamp" ] && return
    say "installing Python packages (takes a minute or two, the first time)"
    "$venv/bin/python" -m pip install -q --require-hashes --no-deps --only-binary :all: -r "$ROOT/requirements/$lock.lock" </dev/null >"$LOG" 2>&1 ||
        { tail -5 "$LOG" >&2; fail "the Python packages could not be installed"; }
    "$venv/bin/python" -m pip check </dev/null >"$LOG" 2>&1 || { tail -5 "$LOG" >&2; fail "the lock file does not fit this version of Python"; }
    "$venv/bin/python" -c 'import pathlib, sys, sysconfig
pathlib.Path(sysconfig.get_path("purelib"), "svara.pth").write_text(sys.argv[1] + "\n")
svara = pathlib.Path(sys.prefix, "bin", "svara")
svara.write_text(f"#!{sys.executable}\nfrom svara.cli.main import main\nmain()\n")
svara.chmod(0o755)' "$ROOT/src" || fail "svara could not be put into its virtual environment"
    echo "$stamp" >"$venv/.stamp-$lock"
    # The test packages hold the others in the same versions.
    if [ "$lock" = dev ]; then stamp_of "$ROOT/requirements/run.lock" "$ROOT/tools/setup.bash" >"$venv/.stamp-run"; fi
}

# set_up run|test: everything, once; again in well under a second.
set_up() {
    local kind=$1
    LOG=$(mktemp)
    exec 9<"$ROOT/tools/setup.bash"
    flock 9  # two set-ups of one checkout take turns
    if [ "$kind" = test ]; then
        set_up_python dev
        need_programs "${RUN_PROGRAMS[@]}" "${TEST_PROGRAMS[@]}"
        want_programs chromium-headless-shell  # pages are tested with it at two thirds of the cost
        # Once for all data folders of the tests, so that none of them has to wait for its phrases.
        PYTHONPATH="$ROOT/src" "$ROOT/.venv/bin/python" -m svara.media.sounds.prepare </dev/null >"$LOG" 2>&1 ||
            { tail -5 "$LOG" >&2; fail "the phrases could not be spoken"; }
    else
        set_up_python run
        need_programs "${RUN_PROGRAMS[@]}"
    fi
    "$ROOT/.venv/bin/python" -m svara.web.build </dev/null >"$LOG" 2>&1 || { tail -5 "$LOG" >&2; fail "the web assets could not be built"; }
    rm -f "$LOG"
    exec 9<&-
}
