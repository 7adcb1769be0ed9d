"""Writers: messages from the bus into stores, each message once."""
