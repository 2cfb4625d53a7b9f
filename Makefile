# make          set up, rebuild every model from its data, show the results
# make test     set up, then lint, types and tests
# GPU=1         TensorFlow with CUDA instead of its CPU build
# PRESET=gpu    first the full-length schedules into params.yaml; PRESET=cpu restores the short ones
# LISTEN=...    where `make ui` and `make demo` listen: 0.0.0.0 in a container; else this machine only
# PYTHON=...    the interpreter to start from, 3.11 to 3.13

PYTHON ?= python3
LISTEN ?= 127.0.0.1
VENV := .venv
REQUIREMENTS := $(if $(GPU),requirements-gpu.txt,requirements.txt)
# pip's errors, without its hundreds of warnings about folders that it skips on some machines.
QUIET := --quiet --quiet --disable-pip-version-check --no-input
READY := $(VENV)/.ready-$(basename $(REQUIREMENTS))
# Several test files at a time, each in one process, and its tests in their usual order.
TOGETHER := --numprocesses logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder

KERNEL := {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
# This folder's path is used here and in quotes only: to make, a space ends a word.
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
# A path relative to this folder would be wrong in a stage that runs elsewhere.
ifneq ($(FIVENETS_MIRROR),)
ifeq ($(findstring ://,$(FIVENETS_MIRROR))$(filter /%,$(firstword $(FIVENETS_MIRROR))),)
override FIVENETS_MIRROR := $(CURDIR)/$(FIVENETS_MIRROR)
endif
export FIVENETS_MIRROR
endif

.PHONY: all everything place setup check check-python test lint smoke faults fuzz audit mutants kills study cells landmarks locator signals ladder classics ablation patches cats own transfer imagenet step-by-step fast-style camvid resnet50-full lfw plain-vs-residual demo notebooks ui requirements clean
# A second `make` in this folder waits for the first.
all:
	@$(PYTHON) pipelines/make/alone.py $(MAKE) --no-print-directory everything

everything: setup
	@$(if $(PRESET),python pipelines/make/preset.py $(PRESET))
	@python pipelines/make/check.py
	@python pipelines/make/mend.py
	@python pipelines/make/refresh.py
	@python pipelines/make/repro.py
	@python pipelines/make/sync.py
	@fivenets results
	@python pipelines/make/finish.py

setup: $(READY)

# What can be said about this folder before 2 GB are installed in it.
place:
	@$(PYTHON) pipelines/make/place.py

$(READY): $(REQUIREMENTS) pyproject.toml | place
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
		{ echo "Python 3.11 to 3.13 is needed; name one with PYTHON=..."; exit 2; }
	@echo "Setting up $(VENV) from $(REQUIREMENTS): some 2 GB, a few minutes, once"
	@rm -f $(VENV)/.ready-*
	@test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/python -m pip install $(QUIET) --require-hashes --requirement $(REQUIREMENTS)
	@$(VENV)/bin/python -m pip install $(QUIET) --no-deps --no-build-isolation --editable .
	@touch $@

# All of params.yaml, in a second: a wrong value should not end a run after half an hour.
check: setup
	@python pipelines/make/check.py

test: setup lint
	pytest $(TOGETHER)

lint: setup
	ruff check .
	ruff format --check .
	pyright

# The whole graph with tiny settings, in a temporary clone of the last commit.
smoke: setup
	pytest $(TOGETHER) -m smoke

# What can go wrong around a run: a kill in the middle of every kind of stage, a server that goes
# away, two runs at once, a team's servers. Slow: the tiny graph is built twice.
faults: setup
	pytest -m faults

# Mutated files and odd values for everything that reads a stranger's bytes; new ones each time.
# FUZZ_INPUTS is how many, and some tests take 50 times as many.
fuzz: setup
	FUZZ_INPUTS=$${FUZZ_INPUTS:-4500} pytest tests/fuzz

# Checks the pinned packages for known vulnerabilities, and lists them as CycloneDX in reports/.
audit:
	@test -x $(VENV)-audit/bin/pip-audit || { $(PYTHON) -m venv $(VENV)-audit && \
		$(VENV)-audit/bin/pip install --quiet --disable-pip-version-check pip-audit==2.10.1; }
	@$(VENV)-audit/bin/python pipelines/make/audit.py

# Whether the pinned packages and the quickest tests work with another interpreter, in a temporary
# folder of 2 GB: make check-python PYTHON=python3.12
check-python:
	@$(PYTHON) pipelines/make/interpreter.py

# Whether the tests notice errors put into the maths; slow. One module: MODULES=faces.recognition
mutants: setup
	python pipelines/make/mutants.py $(MODULES)

# Kills the whole tiny graph at random, and checks that it ends as if nothing had happened.
kills: setup
	python benchmarks/kills.py

# The assignment's recipe over three seeds, and the compact one without each hand in turn; their
# numbers go to reports/. About 30 minutes on 2 cores.
study: check
	dvc repro prepare@classification
	python pipelines/studies/seeds.py signs-assignment
	python pipelines/studies/other_hands.py signs-compact
	dvc repro --force --single-item report

# A YOLOv2 trained on photographs of blood cells, which only a mirror or the public host has. Resumes
# where it was interrupted; some 12 minutes on 2 cores.
cells: check
	python pipelines/prepare.py detection cells
	python pipelines/train.py yolov2-cells
	python pipelines/evaluate.py yolov2-cells

# MobileNetV2 on the course's cats, which only a mirror has: a minute on 2 cores.
cats: check
	python pipelines/prepare.py classification cats
	python pipelines/train.py cats-mobilenet
	python pipelines/evaluate.py cats-mobilenet
	python pipelines/register.py cats-classifier

# EfficientNet-Lite0 on pictures of your own: `own` in params.yaml.
own: check
	python pipelines/prepare.py classification own
	python pipelines/train.py own-efficientnet
	python pipelines/evaluate.py own-efficientnet
	python pipelines/register.py own-classifier

# Accuracy against pictures per class, from scratch and from ImageNet's weights, on the cats and on
# SIGNS; its numbers and figure are committed. Some 2 hours on 2 cores; resumes where it was interrupted.
transfer: check
	python pipelines/studies/transfer.py cats
	python pipelines/studies/transfer.py classification

# MobileNetV2 with ImageNet's 1,000 classes as a model file, compared with TFLite's own interpreter.
imagenet: check
	python pipelines/studies/imagenet.py

# A LeNet-5 in NumPy alone, trained on scikit-learn's digits: half a minute on 2 cores.
step-by-step: setup
	python pipelines/studies/step_by_step.py

# A network that paints in one style in one pass, beside the optimiser: some 8 minutes on 2 cores to
# train it, and 3 to make the optimiser's pictures to compare with.
fast-style: check
	python pipelines/train.py fast-starry-night
	python pipelines/evaluate.py fast-starry-night
	python pipelines/register.py style-fast

# A U-Net on CamVid's streets, at more pixels and for half an hour on 2 cores. Only a mirror or the
# public host has them. Resumes where it was interrupted.
camvid: check
	python pipelines/prepare.py segmentation streets
	python pipelines/train.py camvid-full
	python pipelines/evaluate.py camvid-full
	python pipelines/register.py unet-camvid

# 68 points on Helen's faces, or on drawn ones. Resumes where it was interrupted.
landmarks: check
	python pipelines/prepare.py localisation faces68
	python pipelines/train.py landmarks68
	python pipelines/evaluate.py landmarks68
	python pipelines/register.py landmarks

# One object or none in crops of drawn streets: whether there is one, what, and where.
locator: check
	python pipelines/prepare.py localisation windows
	python pipelines/train.py window-locator
	python pipelines/evaluate.py window-locator
	python pipelines/register.py locator

# Heartbeats (1-D) and volumes (3-D) by the same network, in five folds each.
signals: check
	python pipelines/studies/signals.py

# Sliding windows one by one, by one convolution, and on proposed regions, beside YOLO: needs
# yolov2-compact.
ladder: check
	python pipelines/studies/ladder.py

# The classic networks on SIGNS: accuracy against parameters, multiplications and seconds.
classics: check
	dvc repro prepare@classification
	python pipelines/studies/classics.py

# What each kind of augmentation, ten views and an ensemble add, over three seeds.
ablation: check
	dvc repro prepare@classification prepare@hands
	python pipelines/studies/ablation.py

# What excites the units of every classifier, detector and face network, on the page of results.
patches: check
	python pipelines/studies/patches.py
	dvc repro --force --single-item report

# The long recipe of ResNet-50 with seeds 0, 1 and 2; its table is committed.
resnet50-full: check
	dvc repro prepare@classification
	python pipelines/studies/seeds.py resnet50-full

# nn4.small2 on the people of LFW's DevTrain, scored on DevTest, and the pretrained network on all of
# LFW. Only a mirror or scikit-learn's host has it. Resumes where it was interrupted.
lfw: check
	dvc repro convert@facenet-resnet
	python pipelines/prepare.py faces lfw
	python pipelines/studies/lfw.py facenet-resnet
	python pipelines/train.py facenet-lfw
	python pipelines/evaluate.py facenet-lfw

# The course's figure of training error against depth, in reports/ and in a run.
plain-vs-residual: check
	dvc repro prepare@classification
	python pipelines/studies/plain_vs_residual.py

# A Jupyter notebook for each assignment, from notebooks/*.py; they use what `make` has registered.
notebooks: setup
	@jupytext --quiet --to notebook --update-metadata '$(KERNEL)' notebooks/*.py
	@echo "notebooks/*.ipynb: in an editor, choose $(VENV); for Jupyter, which is not installed:"
	@echo "  $(VENV)/bin/pip install jupyterlab && $(VENV)/bin/jupyter lab notebooks"

# A page in the browser to try the models; http://127.0.0.1:7860
demo: setup
	@fivenets demo --host $(LISTEN)

ui: setup
	@echo "http://127.0.0.1:5000/#/experiments/1/runs?workflowType=machine_learning  (Ctrl-C ends it)"
	@mlflow ui --host $(LISTEN) --port 5000 --backend-store-uri \
		"$${MLFLOW_TRACKING_URI:-sqlite:///$(CURDIR)/mlflow.db}"

# After a change of dependencies in pyproject.toml.
requirements:
	$(PYTHON) -m venv $(VENV)-uv && $(VENV)-uv/bin/pip install --quiet uv==0.13.9
	for extra in cpu gpu; do \
		$(VENV)-uv/bin/uv pip compile --quiet --universal --python-version 3.11 \
			--generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate \
			--custom-compile-command "make requirements" --extra $$extra --extra dev \
			pyproject.toml --output-file requirements$$(test $$extra = cpu || echo -gpu).txt || exit; \
	done

clean:
	rm -rf $(VENV) $(VENV)-uv $(VENV)-audit data models checkpoints
