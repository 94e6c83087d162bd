"""Control of the battery: pure judgement here, the writing in ``controller.py`` above."""
