using Sidecar.Components.Bindings.Cron;
using Sidecar.Components.Bindings.Http;
using Sidecar.Components.Bindings.Smtp;
using Sidecar.Components.Configuration.Redis;
using Sidecar.Components.Configuration.Sqlite;
using Sidecar.Components.Lock.Redis;
using Sidecar.Components.Lock.Sqlite;
using Sidecar.Components.Middleware.Bearer;
using Sidecar.Components.Middleware.RateLimit;
using Sidecar.Components.Middleware.RouterChecker;
using Sidecar.Components.Middleware.Uppercase;
using Sidecar.Components.PubSub.InMemory;
using Sidecar.Components.PubSub.Kafka;
using Sidecar.Components.PubSub.RabbitMq;
using Sidecar.Components.PubSub.Redis;
using Sidecar.Components.PubSub.Sqlite;
using Sidecar.Components.Secrets.LocalEnv;
using Sidecar.Components.Secrets.LocalFile;
using Sidecar.Components.State.InMemory;
using Sidecar.Components.State.Redis;
using Sidecar.Components.State.Sqlite;

namespace Sidecar.Components;

/// <summary>Builds a driver from its document; returns every configuration error instead of the first.</summary>
internal delegate IComponent? ComponentFactory(ComponentSpec spec, ComponentContext context, ICollection<string> errors);

/// <summary>One line per driver: the type as written in the YAML, and what builds it.</summary>
internal static class ComponentCatalog
{
    private static readonly Dictionary<string, ComponentFactory> Factories = new(StringComparer.OrdinalIgnoreCase)
    {
        ["bindings.cron"] = CronBinding.Create,
        ["bindings.http"] = HttpBinding.Create,
        ["bindings.smtp"] = SmtpBinding.Create,
        ["configuration.redis"] = RedisConfigurationStore.Create,
        ["configuration.sqlite"] = SqliteConfigurationStore.Create,
        ["lock.redis"] = RedisLockStore.Create,
        ["lock.sqlite"] = SqliteLockStore.Create,
        ["middleware.http.bearer"] = BearerMiddleware.Create,
        ["middleware.http.ratelimit"] = RateLimit.Create,
        ["middleware.http.routerchecker"] = RouterChecker.Create,
        ["middleware.http.uppercase"] = Uppercase.Create,
        ["pubsub.in-memory"] = InMemoryPubSub.Create,
        ["pubsub.kafka"] = KafkaPubSub.Create,
        ["pubsub.rabbitmq"] = RabbitMqPubSub.Create,
        ["pubsub.redis"] = RedisPubSub.Create,
        ["pubsub.sqlite"] = SqlitePubSub.Create,
        ["secretstores.local.env"] = LocalEnvSecretStore.Create,
        ["secretstores.local.file"] = LocalFileSecretStore.Create,
        ["state.in-memory"] = InMemoryStateStore.Create,
        ["state.redis"] = RedisStateStore.Create,
        ["state.sqlite"] = SqliteStateStore.Create,
    };

    public static IEnumerable<string> Types => Factories.Keys.Order(StringComparer.Ordinal);

    public static ComponentFactory? Find(string type) => Factories.GetValueOrDefault(type);
}
