from ..serving import main
from . import BotApi

if __name__ == "__main__":
    main(lambda args: BotApi(port=args.port, scale=args.scale), "A stand-in for Telegram's Bot API.")
