using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DaprShop.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Sidecar.Clients.RabbitMq;
using Sidecar.Components;
using Sidecar.Components.PubSub.RabbitMq;

namespace DaprShop.Tests.Components;

public sealed class RabbitMqOptionsTests
{
    private static readonly Lazy<(string Certificate, string Key)> Pem = new(MakePem);

    [Fact]
    public void Options_NothingGiven_AreDaprdsDefaults()
    {
        var (options, errors) = Parse();

        Assert.Empty(errors);
        Assert.Equal(
            new RabbitMqConnectionOptions("localhost", 5672, "guest", "guest", "/", false, false, null, null, null, TimeSpan.FromSeconds(10), null),
            options.Connection);
        Assert.Equal(
            (true, true, false, 0, false, 0, TimeSpan.FromSeconds(3)),
            (options.Durable, options.DeletedWhenUnused, options.AutoAck, options.DeliveryMode, options.RequeueInFailure, options.PrefetchCount, options.ReconnectWait));
        Assert.Equal(
            (true, false, false, 0L, 0L, "fanout", "classic", (TimeSpan?)null, false),
            (options.IsParallel, options.PublisherConfirm, options.EnableDeadLetter, options.MaxLen, options.MaxLenBytes, options.ExchangeKind, options.QueueType,
                options.TimeToLive, options.PropertiesToMetadata));
        Assert.Empty(options.DeclaredSubscribers);
    }

    [Fact]
    public void Options_EverythingGivenInAnyCase_IsRead()
    {
        var (options, errors) = Parse(
            ("HOSTNAME", "broker:5673"), ("username", "u"), ("Password", "p"), ("consumerID", "me"), ("durable", "no"), ("deletedWhenUnused", "no"),
            ("autoAck", "yes"), ("deliveryMode", "2"), ("requeueInFailure", "on"), ("prefetchCount", "255"), ("reconnectWaitSeconds", "7"),
            ("concurrencyMode", "single"), ("publisherConfirm", "1"), ("enableDeadLetter", "t"), ("maxLen", "70"), ("maxLenBytes", "5000000000"),
            ("exchangeKind", "topic"), ("ttlInSeconds", "90"), ("heartBeat", "5s"), ("clientName", "c"), ("publishMessagePropertiesToMetadata", "y"));

        Assert.Empty(errors);
        Assert.Equal(("broker", 5673, "u", "p", "c", TimeSpan.FromSeconds(5)), (
            options.Connection.Host, options.Connection.Port, options.Connection.User, options.Connection.Password, options.Connection.ClientName, options.Connection.Heartbeat));
        Assert.Equal(
            ("me", false, false, true, 2, true, 255, TimeSpan.FromSeconds(7)),
            (options.ConsumerId, options.Durable, options.DeletedWhenUnused, options.AutoAck, options.DeliveryMode, options.RequeueInFailure, options.PrefetchCount, options.ReconnectWait));
        Assert.Equal(
            (false, true, true, 70L, 5_000_000_000L, "topic", TimeSpan.FromSeconds(90), true),
            (options.IsParallel, options.PublisherConfirm, options.EnableDeadLetter, options.MaxLen, options.MaxLenBytes, options.ExchangeKind, options.TimeToLive, options.PropertiesToMetadata));
    }

    [Fact]
    public void Create_ManyMistakes_ReportsThemAll()
    {
        var errors = ErrorsOf(
            ("protocol", "http"), ("hostname", "a b"), ("password", "p"), ("deliveryMode", "3"), ("prefetchCount", "256"), ("maxLen", "-1"), ("maxLenBytes", "big"),
            ("concurrencyMode", "one"), ("exchangeKind", "fan"), ("queueType", "stream"), ("reconnectWaitSeconds", "soon"), ("heartBeat", "-1s"), ("ttlInSeconds", "0"),
            ("saslExternal", "true"), ("declaredSubscribers", "a=b;c;d=;a=e"));

        Assert.Equal(
            [
                "spec.metadata.concurrencyMode: 'one' is not one of parallel, single",
                "spec.metadata.declaredSubscribers: 'c' is not of the form topic=consumer,consumer",
                "spec.metadata.declaredSubscribers: 'd=' is not of the form topic=consumer,consumer",
                "spec.metadata.declaredSubscribers: topic 'a' is listed twice",
                "spec.metadata.deliveryMode: '3' is not a whole number from 0 to 2",
                "spec.metadata.exchangeKind: 'fan' is not one of fanout, topic, direct, headers",
                "spec.metadata.heartBeat: '-1s' is less than 0ms",
                "spec.metadata.hostname: 'a b' is not a host name with an optional port, such as localhost:5672",
                "spec.metadata.maxLen: '-1' is not a whole number of 0 or more",
                "spec.metadata.maxLenBytes: 'big' is not a whole number of 0 or more",
                "spec.metadata.password: has no effect without username",
                "spec.metadata.prefetchCount: '256' is not a whole number from 0 to 255",
                "spec.metadata.protocol: 'http' is neither amqp nor amqps",
                "spec.metadata.queueType: 'stream' is not one of classic, quorum",
                "spec.metadata.reconnectWaitSeconds: 'soon' is not a duration such as 500ms, 20s or 1m30s",
                "spec.metadata.saslExternal: needs TLS: set protocol to amqps",
                "spec.metadata.saslExternal: needs caCert, clientCert and clientKey",
                "spec.metadata.ttlInSeconds: '0' is less than 1ms",
            ],
            errors.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("amqp://host", "amqp://guest@host:5672//")]
    [InlineData("amqps://host", "amqps://guest@host:5671//")]
    [InlineData("amqp://u:p@host:1234/shop", "amqp://u@host:1234/shop")]
    [InlineData("amqp://u%40x:p%3A%2F@[::1]:1234/a%2Fb", "amqp://u@x@[::1]:1234/a/b")]
    public void ConnectionString_EveryForm_IsReadAndPrintedWithoutThePassword(string text, string printed)
    {
        var (options, errors) = Parse(("connectionString", text));

        Assert.Empty(errors);
        Assert.Equal(printed, options.Connection.ToString());
    }

    [Fact]
    public void ConnectionString_PasswordWithSpecialCharacters_IsDecoded()
    {
        var (options, _) = Parse(("host", "amqp://u:p%3A%2F@host"));

        Assert.Equal("p:/", options.Connection.Password);
    }

    [Theory]
    [InlineData("host:5672", "is not of the form amqp[s]://user:password@host:port/vhost; special characters must be %-encoded")]
    [InlineData("http://host", "is not of the form amqp[s]://user:password@host:port/vhost; special characters must be %-encoded")]
    [InlineData("amqp://u:se cret@host", "is not of the form amqp[s]://user:password@host:port/vhost; special characters must be %-encoded")]
    [InlineData("amqp://host?heartbeat=3", "options after '?' are not supported: use the members heartBeat, caCert, clientCert, clientKey")]
    public void ConnectionString_Malformed_IsRefusedWithoutRepeatingIt(string text, string reason) =>
        Assert.Equal([$"spec.metadata.connectionString: {reason}"], ErrorsOf(("connectionString", text)));

    [Fact]
    public void Protocol_AgainstTheConnectionString_IsRefused() => Assert.Equal(
        ["spec.metadata.protocol: 'amqps' contradicts the amqp:// of connectionString"], ErrorsOf(("connectionString", "amqp://host"), ("protocol", "amqps")));

    [Fact]
    public void QueueType_QuorumWithWhatQuorumQueuesCannotBe_IsRefused() => Assert.Equal(
        ["spec.metadata.queueType: quorum needs durable true and deletedWhenUnused false"], ErrorsOf(("queueType", "quorum")));

    [Fact]
    public void DeclaredSubscribers_WithRoutingKeys_AreRefused() => Assert.Equal(
        ["spec.metadata.declaredSubscribers: needs exchangeKind fanout: the routing keys of other kinds are the subscribers' own"],
        ErrorsOf(("declaredSubscribers", "a=b"), ("exchangeKind", "direct")));

    [Theory]
    [InlineData("caCert", "ca.pem", "spec.metadata.caCert: holds no PEM block; give the file's content, not its name")]
    [InlineData("clientCert", "{cert}", "spec.metadata.clientKey: is missing: certificate and key belong together")]
    [InlineData("clientKey", "{key}", "spec.metadata.clientCert: is missing: certificate and key belong together")]
    public void Certificates_HalfOrNone_AreRefused(string name, string value, string error)
    {
        var pem = value.Replace("{cert}", Pem.Value.Certificate, StringComparison.Ordinal).Replace("{key}", Pem.Value.Key, StringComparison.Ordinal);

        Assert.Contains(error, ErrorsOf(("protocol", "amqps"), (name, pem)));
    }

    [Fact]
    public void Certificates_AllThree_AreReadAndAllowTheExternalLogin()
    {
        var (certificate, key) = Pem.Value;

        var (options, errors) = Parse(
            ("protocol", "amqps"), ("caCert", certificate), ("clientCert", certificate), ("clientKey", key), ("saslExternal", "true"));

        Assert.Empty(errors);
        Assert.True(options.Connection is { UseTls: true, SaslExternal: true, Port: 5671 });
    }

    [Fact]
    public void Certificate_OfRubbish_IsRefused()
    {
        const string Rubbish = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----";

        var error = Assert.Single(ErrorsOf(("protocol", "amqps"), ("caCert", Rubbish)));

        Assert.StartsWith("spec.metadata.caCert: certificate or key cannot be read: ", error, StringComparison.Ordinal);
    }

    private static (string Certificate, string Key) MakePem()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=test", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    private static List<string> ErrorsOf(params (string Name, string Value)[] metadata)
    {
        var errors = new List<string>();
        var context = new ComponentContext("app", "/base", ["/base"], new ManualClock(), NullLoggerFactory.Instance, new SharedClients());
        var component = ComponentCatalog.Find("pubsub.rabbitmq")!(Spec(metadata), context, errors);
        Assert.Null(component);
        return errors;
    }

    private static (RabbitMqPubSubOptions Options, List<string> Errors) Parse(params (string Name, string Value)[] metadata)
    {
        var errors = new List<string>();
        return (RabbitMqPubSubOptions.Parse(new ComponentMetadata(Spec(metadata), errors)), errors);
    }

    private static ComponentSpec Spec(params (string Name, string Value)[] metadata) => new(
        "component", "pubsub.rabbitmq", "v1", metadata.ToDictionary(item => item.Name, item => item.Value), false, TimeSpan.FromSeconds(5), "test.yaml");
}
