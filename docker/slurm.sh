#!/bin/bash
# A run on SLURM: a Ray node on every node of the allocation, and simgen on the first. What stands after the script's name
# is what `simgen run` is asked:
#
#   sbatch --nodes=4 docker/slurm.sh scenarios/weather --episodes 400 --out /shared/run1
#   SIMGEN_IMAGE=/shared/simgen-carla.sif sbatch --nodes=8 --gpus-per-node=4 docker/slurm.sh \
#       scenarios/pedestrians --episodes 2000 --simulator carla:/home/carla --out s3://bucket/run1
#
# When its time is over or somebody with more priority comes, the run is left in order and queued again, and continues,
# as it does after `scontrol requeue`: it is the same command. A node that is lost costs its current episodes.
#
#   SIMGEN_IMAGE             apptainer image with simgen (apptainer build simgen.sif docker-daemon:simgen:latest);
#                            without it: the simgen and ray on PATH, an environment that all nodes see
#   SIMGEN_BIND              what apptainer shall show inside, comma-separated (default: the submission's folder)
#   SIMGEN_SERVERS_PER_GPU   CARLA servers that share a GPU (default 1)
#   SIMGEN_HEAD, SIMGEN_PORT address and port of Ray's head (default: the first node's address, and a port by the job's
#                            number, so that jobs sharing a node do not meet)
#   SIMGEN_TMPDIR            a folder with a short name on every node's own disk (default /tmp)
#
#SBATCH --job-name=simgen
#SBATCH --nodes=1
#SBATCH --ntasks-per-node=1
#SBATCH --exclusive
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=simgen-%j.log
#SBATCH --signal=B:TERM@180
# shellcheck disable=SC2329        # functions that traps call
set -euo pipefail

grace_s=145                  # for the episodes under way, of the 180 s that SLURM is asked for above
farewell_s=20                # for Ray's nodes, after it
start_limit_s=300            # for Ray's head: a cold image on a busy file system takes its time

say() { TZ=UTC printf '%(%FT%TZ)T slurm.sh: %s\n' -1 "$*" >&2; }

[[ -n "${SLURM_JOB_ID:-}" ]] || { echo "slurm.sh: submit it: sbatch docker/slurm.sh SCENARIO… --out DIR" >&2; exit 2; }
[[ "$#" -gt 0 ]] || { say "nothing is asked: sbatch docker/slurm.sh SCENARIO… --out DIR"; exit 2; }

mapfile -t nodes < <(scontrol show hostnames "${SLURM_JOB_NODELIST:?}")
here=${SLURMD_NODENAME:-${nodes[0]}}
if [[ -z "${SIMGEN_HEAD:-}" ]]; then           # many a node's name is 127.0.1.1 to itself
    SIMGEN_HEAD=$(getent ahostsv4 "$here" | awk '$1 !~ /^127\./ { print $1; exit }') || true
    [[ -n "$SIMGEN_HEAD" ]] || SIMGEN_HEAD=$(hostname -I | awk '{ print $1 }')
fi
port=${SIMGEN_PORT:-$((6400 + SLURM_JOB_ID % 2000))}

# Whoever reaches Ray runs programs as its user, and nodes are reached by all of a cluster: a secret for this job alone.
RAY_AUTH_TOKEN=$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')
export RAY_AUTH_MODE=token RAY_AUTH_TOKEN
export RAY_ADDRESS=$SIMGEN_HEAD:$port
export RAY_TMPDIR=${SIMGEN_TMPDIR:-/tmp}/simgen-job-$SLURM_JOB_ID      # Ray's sockets want short names
export SIMGEN_SERVERS_PER_GPU=${SIMGEN_SERVERS_PER_GPU:-1}

inside=()
if [[ -n "${SIMGEN_IMAGE:-}" ]]; then
    gpu=()
    [[ -z "${SLURM_GPUS_ON_NODE:-}" ]] || gpu=(--nv)
    inside=(apptainer exec "${gpu[@]}" --bind "${SIMGEN_BIND:-$SLURM_SUBMIT_DIR}" --pwd "$PWD" "$SIMGEN_IMAGE" simgen-entrypoint)
fi

# Each node counts its own processors and GPUs, and removes what Ray left on its disk. Preemption with a grace time (and
# scancel) sends SIGTERM to the steps and not to this shell: they pass it on. SLURM signals every process of a step, and
# Ray's do not take well to being ended all at once: SIGWINCH, which they ignore, asks for an end in order.
# shellcheck disable=SC2016
node='gpus=${SLURM_GPUS_ON_NODE:-0}
    mkdir -p "$RAY_TMPDIR"
    trap "scancel --batch --signal=TERM $SLURM_JOB_ID" TERM
    trap "kill -TERM \$!" WINCH
    "$@" --num-cpus "${SLURM_CPUS_ON_NODE:-1}" --num-gpus "$gpus" \
        --resources "{\"carla_slot\": $((gpus * SIMGEN_SERVERS_PER_GPU))}" --disable-usage-stats --block &
    while kill -0 "$!" 2> /dev/null; do wait "$!"; done
    wait "$!"
    status=$?
    rm -rf "$RAY_TMPDIR"
    exit "$status"'
start_node() {               # NODE RAY-START-OPTION...: as a step of its own, in the background
    srun --overlap --cpu-bind=none --export=ALL --nodes=1 --ntasks=1 --nodelist="$1" \
        bash -c "$node" node "${inside[@]}" ray start "${@:2}" &
    steps+=("$!")
}

steps=()
driver=''
asked_to_end=''
end_steps() {                # srun itself would kill
    trap '' TERM
    [[ "${#steps[@]}" -gt 0 ]] || return 0
    scancel --signal=28 "$SLURM_JOB_ID" || true                                  # SIGWINCH, which scancel has no name for
    local deadline=$((SECONDS + farewell_s))
    while kill -0 "${steps[@]}" 2> /dev/null && [[ "$SECONDS" -lt "$deadline" ]]; do
        sleep 0.5
    done
    kill -KILL "${steps[@]}" 2> /dev/null || true
    steps=()
}
trap end_steps EXIT
# The signal that was asked for above comes to this shell alone (B:), and the driver passes it on worker by worker.
on_term() {
    asked_to_end=yes
    say "asked to end: leaving the episodes under way"
    [[ -z "$driver" ]] || kill -TERM "$driver" 2> /dev/null || true
}
trap on_term TERM

say "job $SLURM_JOB_ID on ${#nodes[@]} node(s): ${nodes[*]}; Ray at $RAY_ADDRESS"
start_node "$here" --head --port "$port" --node-ip-address "$SIMGEN_HEAD" --include-dashboard false
until "${inside[@]}" ray health-check --address "$RAY_ADDRESS" > /dev/null 2>&1; do
    kill -0 "${steps[0]}" 2> /dev/null || { say "Ray's head ended on $here: see above"; exit 3; }
    [[ "$SECONDS" -lt "$start_limit_s" ]] || { say "Ray's head does not answer at $RAY_ADDRESS after $start_limit_s s"; exit 3; }
    [[ -z "$asked_to_end" ]] || break
    sleep 1
done
for other in "${nodes[@]}"; do
    [[ "$other" = "$here" ]] || start_node "$other" --address "$RAY_ADDRESS"
done

status=130
if [[ -z "$asked_to_end" ]]; then
    "${inside[@]}" simgen run "$@" &
    driver=$!
    wait "$driver" || true                   # comes back for a signal, too
    deadline=$((SECONDS + grace_s))
    while kill -0 "$driver" 2> /dev/null; do
        [[ "$SECONDS" -lt "$deadline" ]] || kill -KILL "$driver"
        sleep 0.5
    done
    status=0
    wait "$driver" || status=$?              # bash remembers it
fi

end_steps                                    # before the job is queued again, which kills what is left
# A job that somebody cancelled is not running any more, and stays cancelled.
if [[ -n "$asked_to_end" ]] && [[ "$status" -ne 0 ]]; then
    if [[ "$(scontrol show job "$SLURM_JOB_ID")" = *JobState=RUNNING* ]] && scontrol requeue "$SLURM_JOB_ID"; then
        say "queued again, to continue"
    else
        say "not queued again: what is recorded stays, and the same command continues"
    fi
fi
say "simgen ended with $status"
exit "$status"
