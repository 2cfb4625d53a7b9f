"""Which options of a cfg decide what a network computes, and which only how it is trained.

Every option that Darknet reads (pjreddie/darknet and AlexeyAB/darknet, src/parser.c) is on one of
three lists: implemented here, without effect on a trained network, or accepted only at the value
at which it changes nothing. What is on none is refused: OpenCV ignores what it does not know, so
that two engines can agree on a network that the cfg does not describe.
"""

from fivenets.detection.sections import Section

IMPLEMENTED = {
    "net": "width height channels",
    "convolutional": "batch_normalize filters size stride pad padding groups activation",
    "maxpool": "size stride padding",
    "route": "layers groups group_id",
    "reorg": "stride",
    "upsample": "stride",
    "shortcut": "from activation",
    "dropout": "probability",
    "region": "anchors classes num softmax",
    "yolo": "anchors classes num mask scale_x_y new_coords",
}
# Of any layer: how much of it is trained, saved, or clipped while it is; streams of a GPU.
TRAINING = "onlyforward stopbackward dontsave learning_rate smooth truth clip train_only_bn"
TRAINING += " dont_update burnin_update stream wait_stream"
HARMLESS = {
    # Schedules, optimizers, augmentation and logs. How a picture is fitted at use (letter_box) is
    # the choice of who asks: `resize`.
    "net": "batch subdivisions time_steps max_batches learning_rate learning_rate_min momentum "
    "decay policy power step steps scale scales seq_scales gamma burn_in adam B1 B2 eps "
    "sgdr_cycle sgdr_mult max_crop min_crop max_ratio min_ratio center flip angle aspect "
    "saturation exposure hue blur gaussian_noise mixup cutmix mosaic mosaic_bound random notruth "
    "clip track augment_speed sequential_subdivisions try_fix_nan weights_reject_freq "
    "equidistant_point badlabels_rejection_percentage num_sigmas_reject_badlabels ema_alpha "
    "use_cuda_graph loss_scale dynamic_minibatch optimized_memory workspace_size_limit_MB "
    "letter_box contrastive contrastive_jit_flip contrastive_color unsupervised label_smooth_eps "
    "resize_step attention adversarial_lr max_chart_loss show_receptive_field",
    # What deforms kernels (angle), or adds to gradients only.
    "convolutional": "angle grad_centr dot assisted_excitation",
    "maxpool": "out_channels",  # of maxpool_depth
    "dropout": "dropblock dropblock_size_rel dropblock_size_abs",
    "softmax": "noloss",
    "cost": "type scale ratio",
    # The loss, the augmentation, tracking, and what users choose by a profile: a threshold and how
    # boxes are suppressed.
    "region": "absolute bias_match class_scale classfix coord_scale focal_loss jitter log "
    "mask_scale max noobject_scale object_scale random rescore resize sqrt thresh",
    "yolo": "beta_nms cls_normalizer counters_per_class delta_normalizer dets_for_show "
    "dets_for_track embedding_layer focal_loss ignore_thresh iou_loss iou_normalizer iou_thresh "
    "iou_thresh_kind jitter label_smooth_eps max max_delta nms_kind obj_normalizer "
    "objectness_smooth random resize show_details sim_thresh track_ciou_norm track_history_size "
    "truth_thresh",
}
OFF = "antialiasing binary bin_output cbn coordconv dontload dontloadscales flipped numload reverse"
OFF += " rotate stretch stretch_sway sway xnor"
NEUTRAL = {
    "convolutional": {"dilation": "1"} | dict.fromkeys(OFF.split(), "0"),
    "maxpool": dict.fromkeys(("antialiasing", "maxpool_depth", "maxpool_zero_nonmax"), "0"),
    "reorg": dict.fromkeys(("reverse", "flatten", "extra"), "0"),
    "upsample": {"scale": "1"},
    "shortcut": {"alpha": "1", "beta": "1"}
    | dict.fromkeys(("weights_type", "weights_normalization"), "none"),
    "softmax": {"groups": "1", "temperature": "1", "spatial": "0"},
    "region": {"coords": "4", "background": "0"},
}
STRIDES = ("stride_x", "stride_y")  # of AlexeyAB's Darknet; the original knows `stride` only
ABSENT = {"tree": "a tree of classes (YOLO9000)", "map": "a map of classes (YOLO9000)"}
ABSENT |= {"share_index": "weights of another layer"}


def check(section: Section) -> None:
    """Raises: UserError for an option that changes the network and is not implemented."""
    ignorable = {*HARMLESS.get(section.kind, "").split()}
    if section.kind != "net":
        ignorable |= {*TRAINING.split()}
    known = ignorable | {*IMPLEMENTED.get(section.kind, "").split()}
    for key, value in section.options.items():
        if key not in known:
            _check_neutral(section, key, value)


def _check_neutral(section: Section, key: str, value: str) -> None:
    where = f"{key}={value[:60]} (line {section.lines.get(key, section.line)})"
    neutral = NEUTRAL.get(section.kind, {}).get(key)
    if section.kind in ("convolutional", "maxpool") and key in STRIDES:
        neutral = str(section.integer("stride", 1))
    if section.kind == "net" and key == "inputs":
        height, width = section.integer("height", 0), section.integer("width", 0)
        neutral = str(height * width * section.integer("channels", 3))
    if neutral is not None:
        if not _is(value, neutral):
            raise section.error(f"{where} is not supported, only {key}={neutral}")
    elif key in ABSENT:
        raise section.error(f"{where} is not supported: it asks for {ABSENT[key]}")
    else:
        raise section.error(
            f"{where} is an option that is not known here: take the line out if it changes nothing"
        )


def _is(value: str, neutral: str) -> bool:
    """Whether both are the same number, or the same word."""
    try:
        return float(value.partition("#")[0]) == float(neutral)
    except ValueError:
        return value == neutral
