"""Random checkpoints of a few hundred kilobytes: a text model and one that also reads pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

TEXT_TEMPLATE = (
    "{% for m in messages %}<s>{{ m.role }}: {{ m.content }}</s>{% endfor %}"
    "{% if tools %}<s>tools: {{ tools | length }}</s>{% endif %}{% if add_generation_prompt %}<s>assistant: {% endif %}"
)
PICTURE_TEMPLATE = (
    "{% for m in messages %}<s>{{ m.role }}: {% for part in m.content %}"
    "{% if part.type == 'image' %}<image>{% else %}{{ part.text }}{% endif %}{% endfor %}</s>{% endfor %}"
    "{% if add_generation_prompt %}<s>assistant: {% endif %}"
)


def _tokenizer() -> Any:
    """One token per byte, and four special ones."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    special = ["<s>", "</s>", "<pad>", "<image>"]
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    inner = Tokenizer(models.BPE({token: at for at, token in enumerate(special + alphabet)}, []))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=inner, bos_token="<s>", eos_token="</s>", pad_token="<pad>", extra_special_tokens=["<image>"]
    )


def _text_config(size: int) -> Any:
    from transformers import LlamaConfig

    return LlamaConfig(
        vocab_size=size, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=2, max_position_embeddings=512, initializer_range=0.6, bos_token_id=0, eos_token_id=1,
        pad_token_id=2,
    )  # fmt: skip


def write_text_model(folder: Path, template: str | None = TEXT_TEMPLATE) -> Path:
    """A causal model with random weights; without a template it is a base model."""
    import torch
    from transformers import LlamaForCausalLM

    torch.manual_seed(0)
    tokenizer = _tokenizer()
    tokenizer.chat_template = template
    LlamaForCausalLM(_text_config(len(tokenizer))).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def write_picture_model(folder: Path) -> Path:
    """A model that reads pictures of 32 x 32 as 16 patches, with random weights."""
    import torch
    from transformers import CLIPVisionConfig, LlavaConfig, LlavaForConditionalGeneration, LlavaProcessor

    try:
        from transformers import CLIPImageProcessorPil as Pictures
    except ImportError:
        from transformers import CLIPImageProcessor as Pictures
    torch.manual_seed(0)
    tokenizer = _tokenizer()
    image_token = tokenizer.convert_tokens_to_ids("<image>")
    eyes = CLIPVisionConfig(
        hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2, image_size=32, patch_size=8,
        projection_dim=32, initializer_range=0.6,
    )  # fmt: skip
    config = LlavaConfig(
        vision_config=eyes, text_config=_text_config(len(tokenizer)), image_token_index=image_token,
        vision_feature_select_strategy="default", vision_feature_layer=-1, initializer_range=0.6,
    )  # fmt: skip
    LlavaForConditionalGeneration(config).save_pretrained(folder)
    LlavaProcessor(
        image_processor=Pictures(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}),
        tokenizer=tokenizer, patch_size=8, vision_feature_select_strategy="default", num_additional_image_tokens=1,
        chat_template=PICTURE_TEMPLATE, image_token="<image>",
    ).save_pretrained(folder)  # fmt: skip
    return folder
