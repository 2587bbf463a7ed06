package main

import (
	"context"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"

	libraryv1 "marquee.oracles/gen/library/v1"
	metadatav1 "marquee.oracles/gen/metadata/v1"
	moviev1 "marquee.oracles/gen/movie/v1"
	oraclev1 "marquee.oracles/gen/oracle/v1"
	ratingv1 "marquee.oracles/gen/rating/v1"
	systemv1 "marquee.oracles/gen/system/v1"
)

type register = func(context.Context, *runtime.ServeMux, *grpc.ClientConn) error

// Functions that register the routes of a service with grpc-gateway.
var services = map[string]register{
	"library.v1.LibraryService":   libraryv1.RegisterLibraryServiceHandler,
	"metadata.v1.MetadataService": metadatav1.RegisterMetadataServiceHandler,
	"movie.v1.MovieService":       moviev1.RegisterMovieServiceHandler,
	"oracle.v1.OracleService":     oraclev1.RegisterOracleServiceHandler,
	"rating.v1.RatingService":     ratingv1.RegisterRatingServiceHandler,
	"system.v1.ActivityService":   systemv1.RegisterActivityServiceHandler,
	"system.v1.DeadLetterService": systemv1.RegisterDeadLetterServiceHandler,
	"system.v1.SystemService":     systemv1.RegisterSystemServiceHandler,
}
