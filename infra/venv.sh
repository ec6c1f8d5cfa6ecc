# Sourced by scripts that use Python's packages: `venv FOLDER REQUIREMENTS` makes an environment with them, anew where the
# file changed since.
venv() {
    local folder=$1 requirements=$2 wanted
    wanted=$(sha256sum "$requirements" | cut -d' ' -f1)
    if [[ $(cat "$folder/requirements.sha256" 2>/dev/null) != "$wanted" ]]; then
        "${PYTHON:-python3}" -m venv --clear "$folder"
        "$folder/bin/pip" install --quiet --disable-pip-version-check --requirement "$requirements"
        echo "$wanted" >"$folder/requirements.sha256"
    fi
}
