namespace DaprShop.Order.Streaming;

/// <summary>Streams of single orders and what feeds them.</summary>
internal static class OrderStreamSetup
{
    public static void AddOrderStreams(this IServiceCollection services)
    {
        services.AddOptions<OrderStreamOptions>().BindConfiguration("Streams").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<OrderWatches>();
        services.AddHostedService<OrderWatchReader>();
    }
}
