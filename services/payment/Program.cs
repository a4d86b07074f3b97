using DaprShop.Payment;

await PaymentHost.Build(WebApplication.CreateBuilder(args)).RunAsync();
